"""The dates that a model learns from."""

import re
from datetime import date
from typing import Any

from pydantic import ConfigDict, Field, field_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import Days

STEP = re.compile(r"^(\d+) (day|week)s?$")
STEP_DAYS = {"day": 1, "week": 7}


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
