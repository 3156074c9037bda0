"""Base class of parameter blocks, and the parameter `as_of`."""

from datetime import date

from pydantic import BaseModel, ConfigDict, RootModel, field_validator


class Block(BaseModel):
    """A block of parameters that is frozen and rejects unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def split_list(value: object) -> object:
    """Split the text `a;b` into a tuple: `--params` uses commas to separate parameters."""
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(";") if name.strip())
    return value or ()


class AsOf(RootModel[date]):
    """The date of a run, written YYYY-MM-DD: a run uses only data from before this day."""

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
            raise ValueError("expected YYYY-MM-DD")
        return day

    @property
    def day(self) -> date:
        """The date itself."""
        return self.root

    def __str__(self) -> str:
        return self.root.isoformat()
