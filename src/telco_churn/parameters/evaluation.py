"""How a candidate model is evaluated on held-out rows."""

from pydantic import Field, field_validator, model_validator

from kedro_asof.params import Block, split_list


class RuleOfThumbParams(Block):
    """A baseline without a model: a feature between `lowest` and `highest` means churn."""

    feature: str
    """Name of a numeric feature."""
    lowest: float
    """Lowest value that means churn, in the unit of the feature; at most `highest`."""
    highest: float
    """Highest value that means churn, in the unit of the feature."""

    @model_validator(mode="after")
    def _order_limits(self) -> "RuleOfThumbParams":
        if self.lowest > self.highest:
            raise ValueError(
                f"Invalid rule_of_thumb.lowest {self.lowest}: expected at most highest, "
                f"{self.highest}"
            )
        return self


class EvaluationParams(Block):
    """Intervals, slices and the simplest baseline."""

    bootstrap_samples: int = Field(ge=20)
    """Number of times that customers are resampled for the intervals; 20 or more."""
    confidence: float = Field(gt=0, lt=1)
    """Confidence level of the intervals; above 0, below 1."""
    seed: int = Field(ge=0)
    """Seed of the resamples, 0 or more; all models are measured on the same resamples."""
    slices: tuple[str, ...]
    """Features whose values get separate metrics; names that are not features are skipped."""
    minimum_slice_rows: int = Field(ge=1)
    """Fewest rows of a slice that gets metrics, 1 or more; a smaller slice is only listed."""
    rule_of_thumb: RuleOfThumbParams | None
    """The baseline without a model; null for none. The evaluation skips it if its feature is
    missing or holds text."""

    @field_validator("slices", mode="before")
    @classmethod
    def _split_text(cls, value: object) -> object:
        return split_list(value)
