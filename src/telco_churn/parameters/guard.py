"""How far the scores of one date may be off those of the date before."""

from typing import Literal

from pydantic import Field

from kedro_asof.params import Block


class GuardParams(Block):
    """Bounds against the latest date scored before, if that was not long ago.

    Attributes:
        action: `refuse` ends the run before anything is committed, `warn` only logs.
        compare_within_days: Dates that lie further back are not compared with.
        max_customers_change: Share by which the number of customers may rise or fall.
        max_stability_index: Largest population stability index of the probabilities, where the
            same model version gave both.
        max_stability_index_new_model: The same, where another version gave those before: a better
            model tells customers further apart.
    """

    action: Literal["refuse", "warn"]
    compare_within_days: int = Field(ge=1)
    max_customers_change: float = Field(gt=0, allow_inf_nan=False)
    max_stability_index: float = Field(gt=0, allow_inf_nan=False)
    max_stability_index_new_model: float = Field(gt=0, allow_inf_nan=False)
