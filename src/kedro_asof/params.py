"""Base class of parameter blocks, and the parameters `as_of` and `timezone`."""

from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, RootModel, field_validator

from kedro_asof.suggestions import suggest


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


class Timezone(RootModel[str]):
    """The time zone of the operator's calendar, an IANA name such as Europe/London."""

    model_config = ConfigDict(frozen=True)

    @field_validator("root")
    @classmethod
    def _check_name(cls, value: str) -> str:
        return check_zone(value)

    @property
    def name(self) -> str:
        """The IANA name."""
        return self.root


def check_zone(name: str) -> str:
    """Return the name of a time zone.

    Raises:
        ValueError: When there is no such zone.
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        meant = suggest(name, available_timezones())
        raise ValueError(f"expected an IANA time zone, such as Europe/London.{meant}") from error
    return name
