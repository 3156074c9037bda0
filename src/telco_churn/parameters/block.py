"""What every parameter block has in common."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of parameters that cannot change during a run and knows all of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def split_list(value: object) -> object:
    """Read text `a;b` as a list: `--params` are split at commas, so no list comes as it is."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(";") if name.strip())
    return value or ()
