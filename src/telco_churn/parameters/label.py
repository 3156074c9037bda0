"""The definition of churn, and the number of days that it looks ahead."""

from typing import Literal

from pydantic import Field, model_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import Days


class LabelParams(Block):
    """The definition of churn."""

    kind: Literal["cancellation", "inactivity"]
    """`cancellation`: the customer cancels within the horizon. `inactivity`, for prepaid customers:
    the customer has no event in `event_tables` within the horizon."""
    horizon_days: Days
    """Length of the label window in days, 1 or more; its first day is `as_of`."""
    event: str | None = None
    """The predicted event in words, for the model card, such as `a customer cancels`; null for the
    words of `kind`."""
    event_tables: list[str] = Field(default_factory=list)
    """Tables of `features.windows` whose events show activity; `inactivity` needs at least one."""

    @model_validator(mode="after")
    def _name_event_tables(self) -> "LabelParams":
        if self.kind == "inactivity" and not self.event_tables:
            raise ValueError(
                "Missing event_tables: kind inactivity needs names from features.windows"
            )
        return self
