"""What a retention contact costs and wins."""

from typing import Annotated

from pydantic import Field, model_validator

from telco_churn.parameters.block import Block

Money = Annotated[float, Field(ge=0)]
Probability = Annotated[float, Field(gt=0, lt=1)]


class DecisionParams(Block):
    """Money in the currency of `globals.yml`; risk bands by churn probability."""

    kept_customer_value: Money
    contact_cost: Money
    offer_cost: Money
    acceptance_rate: float = Field(ge=0, le=1)
    medium_risk_from: Probability
    high_risk_from: Probability

    @model_validator(mode="after")
    def _order_bands(self) -> "DecisionParams":
        if self.medium_risk_from >= self.high_risk_from:
            raise ValueError(
                f"medium_risk_from is {self.medium_risk_from}, it must be below high_risk_from = "
                f"{self.high_risk_from}. Correct conf/base/parameters/decision.yml."
            )
        return self
