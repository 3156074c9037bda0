"""The frozen block of parameters, and the date of a run."""

from datetime import date

from pydantic import BaseModel, ConfigDict, RootModel, field_validator


class Block(BaseModel):
    """A block of parameters that cannot change during a run and knows all of its keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def split_list(value: object) -> object:
    """Read text `a;b` as a list: `--params` are split at commas, so no list comes as it is."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(";") if name.strip())
    return value or ()


class AsOf(RootModel[date]):
    """The morning of a day, written YYYY-MM-DD: only what was known before it may be used."""

    model_config = ConfigDict(frozen=True)

    @field_validator("root", mode="before")
    @classmethod
    def _read_iso_date(cls, value: object) -> date:
        text = str(value)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        if day is None or day.isoformat() != text:
            raise ValueError(
                f"as_of must be a date written YYYY-MM-DD, found {value!r}. "
                "Say for example --params as_of=2026-09-28."
            )
        return day

    @property
    def day(self) -> date:
        """The date itself."""
        return self.root

    def __str__(self) -> str:
        return self.root.isoformat()
