"""How a candidate is judged."""

from pydantic import Field, field_validator, model_validator

from kedro_asof.params import Block, split_list


class RuleOfThumbParams(Block):
    """What people go by without a model: a feature from `lowest` to `highest` means churn."""

    feature: str
    lowest: float
    highest: float

    @model_validator(mode="after")
    def _order_limits(self) -> "RuleOfThumbParams":
        if self.lowest > self.highest:
            raise ValueError(
                f"rule_of_thumb.lowest is {self.lowest}, it must not be above highest = "
                f"{self.highest}. Correct conf/base/parameters/evaluation.yml."
            )
        return self


class EvaluationParams(Block):
    """Intervals, slices and the simplest baseline.

    Attributes:
        bootstrap_samples: How often customers are drawn anew for the intervals.
        confidence: How often an interval is to hold the truth.
        seed: Seed of the draws; all models are measured on the same ones.
        slices: Features by whose values the model is judged apart; unknown ones are left out.
        minimum_slice_rows: Fewer rows than this are shown and not judged.
        rule_of_thumb: None for no rule; left out where its feature is missing, or text.
    """

    bootstrap_samples: int = Field(ge=20)
    confidence: float = Field(gt=0, lt=1)
    seed: int = Field(ge=0)
    slices: tuple[str, ...]
    minimum_slice_rows: int = Field(ge=1)
    rule_of_thumb: RuleOfThumbParams | None

    @field_validator("slices", mode="before")
    @classmethod
    def _split_text(cls, value: object) -> object:
        return split_list(value)
