"""How LightGBM learns."""

from pydantic import Field

from kedro_asof.params import Block


class LightGBMParams(Block):
    """LightGBM's parameters, by LightGBM's names, and when it stops adding trees.

    Attributes:
        max_trees: Trees at most.
        patience: Trees without improvement on the calibration rows after which it stops.
        threads: Threads that it trains with.
    """

    learning_rate: float = Field(gt=0, le=1)
    num_leaves: int = Field(ge=2)
    min_child_samples: int = Field(ge=1)
    colsample_bytree: float = Field(gt=0, le=1)
    lambda_l2: float = Field(ge=0)
    max_trees: int = Field(ge=1)
    patience: int = Field(ge=1)
    threads: int = Field(ge=1)
