"""How far the scores of a date may differ from those of the date before it."""

from typing import Literal

from pydantic import Field

from kedro_asof.params import Block


class GuardParams(Block):
    """Bounds against the latest earlier date with scores, if that date is recent enough."""

    action: Literal["refuse", "warn"]
    """`refuse` ends the run before anything is committed; `warn` commits and logs a warning."""
    compare_within_days: int = Field(ge=1)
    """Largest age of the date to compare with, in days before `as_of`; 1 or more."""
    max_customers_change: float = Field(gt=0, allow_inf_nan=False)
    """Largest rise or fall in the number of customers, as a share; above 0."""
    max_stability_index: float = Field(gt=0, allow_inf_nan=False)
    """Largest population stability index of the probabilities, if the same model version scored
    both dates; above 0."""
    max_stability_index_new_model: float = Field(gt=0, allow_inf_nan=False)
    """Largest population stability index if another model version scored the earlier date; above
    0. A better model separates customers more, so this bound is wider."""
