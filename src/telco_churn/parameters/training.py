"""How examples are split, and which learner trains on them."""

from typing import Literal

from pydantic import Field

from kedro_asof.params import Block


class SplitParams(Block):
    """The temporal split: the latest snapshots test, the ones before calibrate, the rest train."""

    calibration_snapshots: int = Field(ge=1)
    """Number of snapshots that calibrate; 1 or more."""
    test_snapshots: int = Field(ge=1)
    """Number of latest snapshots that test; 1 or more."""


class TrainingParams(Block):
    """Learner, split and seed."""

    learner: Literal["lightgbm", "logistic_regression"]
    """`lightgbm`, with the parameters of that block, or `logistic_regression`, without any."""
    split: SplitParams
    """Number of snapshots that calibrate and test."""
    calibration_fraction: float = Field(gt=0, lt=1)
    """Share of the training rows that calibrate where rows are not split by time, as in folds;
    above 0, below 1."""
    seed: int = Field(ge=0)
    """Seed of every random step of training; 0 or more."""
