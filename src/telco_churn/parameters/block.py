"""What every parameter block has in common."""

from pydantic import BaseModel, ConfigDict


class Block(BaseModel):
    """A block of parameters that cannot change during a run and knows all of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
