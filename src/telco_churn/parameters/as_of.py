"""The date a run is about."""

from datetime import date

from pydantic import ConfigDict, RootModel, field_validator


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
