"""Who is looked at on a date, what of them, what counts as churn, and on which dates to learn."""

import re
from collections import Counter
from datetime import date
from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import Days, WindowFeature, WindowParams

STEP = re.compile(r"^(\d+) (day|week)s?$")
STEP_DAYS = {"day": 1, "week": 7}


class FeatureParams(Block):
    """Windowed features, by event table."""

    windows: dict[str, WindowParams] = Field(min_length=1)

    @model_validator(mode="after")
    def _refuse_repeated_names(self) -> "FeatureParams":
        names = Counter(feature.name for feature in self.list_features())
        repeated = sorted(name for name, count in names.items() if count > 1)
        if repeated:
            raise ValueError(
                f"makes {repeated} more than once: each feature needs a name of its own"
            )
        return self

    def list_features(self) -> list[WindowFeature]:
        """List the features of all tables, in order."""
        return [
            feature
            for table, window in self.windows.items()
            for feature in window.list_features(table)
        ]


class LabelParams(Block):
    """What counts as churn.

    Attributes:
        kind: `cancellation`: the customer cancels within the horizon. `inactivity`: there is no
            event of the customer in any of `event_tables` within it, as for prepaid customers.
        horizon_days: Its length; it starts on `as_of`.
        event_tables: For `inactivity`, names from `features.windows`, which know their date column.
    """

    kind: Literal["cancellation", "inactivity"]
    horizon_days: Days
    event_tables: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _name_event_tables(self) -> "LabelParams":
        if self.kind == "inactivity" and not self.event_tables:
            raise ValueError(
                "kind is inactivity, which needs event_tables: names from features.windows"
            )
        return self


class EligibilityParams(Block):
    """Who is looked at, beside having signed up before `as_of` and not having cancelled by then.

    Attributes:
        minimum_tenure_days: Days since sign-up, at least.
        segments: Of these alone; none named means of all.
        active_within_days: With an event in one of `label.event_tables` in that many days before
            `as_of`; None asks for no event.
    """

    minimum_tenure_days: Days = 1
    segments: list[str] = Field(default_factory=list)
    active_within_days: Days | None = None


class SnapshotParams(Block):
    """The grid of dates to learn from: a step, back from the last one.

    Attributes:
        every: `4 weeks`, `30 days`.
        first: None starts as early as the history allows. Written `from` in YAML.
        last: None ends on the last matured day. Written `to` in YAML.
        minimum_history_days: Days of usage before the first date.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    every: str
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")
    minimum_history_days: Days

    @field_validator("every", mode="before")
    @classmethod
    def _read_step(cls, value: Any) -> Any:
        match = STEP.match(str(value))
        if match is None or int(match[1]) == 0:
            raise ValueError(f"{value!r} is no step of time: say for example 4 weeks, or 30 days")
        return str(value)

    @property
    def step_days(self) -> int:
        """Days from one date to the next."""
        match = STEP.match(self.every)
        assert match is not None
        return int(match[1]) * STEP_DAYS[match[2]]
