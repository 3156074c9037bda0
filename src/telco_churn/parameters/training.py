"""How a model is trained and judged fit to score."""

from pydantic import Field

from kedro_asof.params import Block
from telco_churn.parameters.gate import GateParams
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.tuning import TuningParams


class SplitParams(Block):
    """How many of the latest snapshots judge the model, and how many before them calibrate it."""

    calibration_snapshots: int = Field(ge=1)
    test_snapshots: int = Field(ge=1)


class LightGBMParams(Block):
    """LightGBM's parameters, by LightGBM's names, and when to stop adding trees."""

    learning_rate: float = Field(gt=0, le=1)
    num_leaves: int = Field(ge=2)
    min_child_samples: int = Field(ge=1)
    colsample_bytree: float = Field(gt=0, le=1)
    lambda_l2: float = Field(ge=0)
    max_trees: int = Field(ge=1)
    patience: int = Field(ge=1)
    threads: int = Field(ge=1)


class TrainingParams(Block):
    """Split, leak alarm, learner, tuning and gate."""

    split: SplitParams
    calibration_fraction: float = Field(gt=0, lt=1)
    seed: int = Field(ge=0)
    leakage: LeakageParams
    lightgbm: LightGBMParams
    tuning: TuningParams
    gate: GateParams
