"""What counts as churn, and within how many days."""

from typing import Literal

from pydantic import Field, model_validator

from kedro_asof.params import Block
from kedro_asof.windows.declaration import Days


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
