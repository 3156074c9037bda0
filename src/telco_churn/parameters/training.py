"""How examples are split, and what learns from them."""

from typing import Literal

from pydantic import Field

from kedro_asof.params import Block


class SplitParams(Block):
    """How many of the latest snapshots judge the model, and how many before them calibrate it."""

    calibration_snapshots: int = Field(ge=1)
    test_snapshots: int = Field(ge=1)


class TrainingParams(Block):
    """Split, learner and seed.

    Attributes:
        learner: What learns; `learning.fit_model.LEARNERS` has each by its name.
        split: Which snapshots calibrate and which test.
        calibration_fraction: Share of the rows that calibrate where there is no time to split by.
        seed: Seed of every random step of training.
    """

    learner: Literal["lightgbm", "logistic_regression"]
    split: SplitParams
    calibration_fraction: float = Field(gt=0, lt=1)
    seed: int = Field(ge=0)
