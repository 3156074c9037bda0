"""How far the sources must reach before a date is scored."""

from pydantic import Field

from kedro_asof.params import Block


class SourceParams(Block):
    """One primary table.

    Attributes:
        date: Its column with the day of a row.
        lag_days: How many days its latest row may lie before the day before `as_of`.
    """

    date: str = Field(min_length=1)
    lag_days: int = Field(ge=0)


class ReadinessParams(Block):
    """The tables that are looked at, by name; a run that finds one too old is not ready."""

    sources: dict[str, SourceParams]
