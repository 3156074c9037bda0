"""The customers that are trained on and scored for a date."""

from pydantic import Field

from kedro_asof.params import Block
from kedro_asof.windows.declaration import Days


class EligibilityParams(Block):
    """Conditions for a customer who signed up before `as_of` and has not cancelled by then."""

    minimum_tenure_days: Days = 1
    """Fewest days since sign-up; 1 or more."""
    segments: list[str] = Field(default_factory=list)
    """Segments to include; an empty list includes all."""
    active_within_days: Days | None = None
    """Days before `as_of` in which a customer needs an event in one of `label.event_tables`, 1 or
    more; null requires no event."""
