"""What Optuna may try, how often and for how long."""

from pydantic import Field, model_validator

from kedro_asof.params import Block


class SearchRange(Block):
    """From where to where one of LightGBM's parameters is searched.

    Attributes:
        low: The lowest value.
        high: The highest value.
        log: Whether small values are looked at as closely as large ones.
    """

    low: float = Field(ge=0)
    high: float = Field(gt=0)
    log: bool = False

    @model_validator(mode="after")
    def _order(self) -> "SearchRange":
        if self.low >= self.high:
            raise ValueError(f"low is {self.low}, it must be below high = {self.high}")
        if self.log and self.low == 0:
            raise ValueError("low is 0, it must be above 0 where log is true")
        return self


class SearchSpace(Block):
    """A range for each parameter that is searched; what is left out keeps its value."""

    learning_rate: SearchRange | None = None
    num_leaves: SearchRange | None = None
    min_child_samples: SearchRange | None = None
    colsample_bytree: SearchRange | None = None
    lambda_l2: SearchRange | None = None


class TuningParams(Block):
    """Search for better parameters of LightGBM.

    Attributes:
        trials: How many combinations each search tries in all; 0 is no tuning.
        minutes: Wall time of a run after which no further trial starts. In folds there are several
            searches: each has an equal share of what is left.
        space: What is searched.
    """

    trials: int = Field(ge=0)
    minutes: float = Field(gt=0)
    space: SearchSpace
