"""The dates of the training examples."""

import re
from datetime import date
from typing import Any

from pydantic import ConfigDict, Field, field_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import Days

STEP = re.compile(r"^(\d+) (day|week)s?$")
STEP_DAYS = {"day": 1, "week": 7}


class SnapshotParams(Block):
    """A grid of dates that runs back from the last one."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    every: str
    """Step of the grid in days or weeks, such as `4 weeks` or `30 days`; 1 day or more."""
    first: date | None = Field(default=None, alias="from")
    """Earliest date, YYYY-MM-DD; null starts as early as the history allows. `from` in YAML."""
    last: date | None = Field(default=None, alias="to")
    """Latest date, YYYY-MM-DD; null ends on the last matured day. `to` in YAML."""
    minimum_history_days: Days
    """Days of usage before the first date; 1 or more."""

    @field_validator("every", mode="before")
    @classmethod
    def _read_step(cls, value: Any) -> Any:
        match = STEP.match(str(value))
        if match is None or int(match[1]) == 0:
            raise ValueError("expected days or weeks, such as 4 weeks")
        return str(value)

    @property
    def step_days(self) -> int:
        """Length of a step, in days."""
        match = STEP.match(self.every)
        assert match is not None
        return int(match[1]) * STEP_DAYS[match[2]]
