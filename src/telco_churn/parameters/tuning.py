"""The search space of Optuna, and how many trials and how much time a search gets."""

from pydantic import Field, model_validator

from kedro_asof.params import Block


class SearchRange(Block):
    """The range in which one of LightGBM's parameters is searched."""

    low: float = Field(ge=0)
    """Lowest value, below `high`; 0 or more, above 0 with `log`."""
    high: float = Field(gt=0)
    """Highest value."""
    log: bool = False
    """Whether to search on a logarithmic scale, which tries small values more often."""

    @model_validator(mode="after")
    def _order(self) -> "SearchRange":
        if self.low >= self.high:
            raise ValueError(f"Invalid low {self.low}: expected a value below high, {self.high}.")
        if self.log and self.low == 0:
            raise ValueError("Invalid low 0: expected a value above 0 if log is true.")
        return self


class SearchSpace(Block):
    """A range for each parameter to search; a parameter without a range keeps its value."""

    learning_rate: SearchRange | None = None
    """Range of `lightgbm.learning_rate`."""
    num_leaves: SearchRange | None = None
    """Range of `lightgbm.num_leaves`."""
    min_child_samples: SearchRange | None = None
    """Range of `lightgbm.min_child_samples`."""
    colsample_bytree: SearchRange | None = None
    """Range of `lightgbm.colsample_bytree`."""
    lambda_l2: SearchRange | None = None
    """Range of `lightgbm.lambda_l2`."""


class TuningParams(Block):
    """The search for better parameters of LightGBM."""

    trials: int = Field(ge=0)
    """Number of combinations that each search tries, 0 or more; 0 turns tuning off."""
    minutes: float = Field(gt=0)
    """Wall time of a run in minutes, above 0, after which no trial starts. With folds, each search
    gets an equal share of the time that is left."""
    space: SearchSpace
    """The parameters to search, with their ranges."""
