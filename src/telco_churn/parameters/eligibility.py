"""Which customers are scored and learnt from on a date."""

from pydantic import Field

from kedro_asof.params import Block
from kedro_asof.windows.declaration import Days


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
