"""What is looked at on a date, and on which dates to learn from."""

from typing import Annotated, Literal

from pydantic import Field

from telco_churn.parameters.block import Block

Statistic = Literal["sum", "mean", "max", "count", "trend"]
Days = Annotated[int, Field(gt=0)]


class WindowParams(Block):
    """Windowed features of one event table: every measure, statistic and window of it."""

    date: str
    windows: list[Days] = Field(min_length=1)
    measures: dict[str, list[Statistic]] = Field(min_length=1)


class EventWindows(Block):
    """Windowed features, by event table."""

    usage: WindowParams
    contacts: WindowParams
    invoices: WindowParams


class FeatureParams(Block):
    """What is computed for every snapshot."""

    windows: EventWindows


class LabelParams(Block):
    """What counts as churn."""

    horizon_days: Days


class SnapshotParams(Block):
    """The dates to learn from: `count` of them, `every_days` apart, the last one just matured."""

    every_days: Days
    count: int = Field(ge=3)
    minimum_history_days: Days
