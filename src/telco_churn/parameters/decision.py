"""What a retention contact costs and wins, and how many there may be."""

from typing import Annotated

from pydantic import Field, model_validator

from kedro_asof.params import Block

Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(gt=0, lt=1)]


class DecisionParams(Block):
    """Money in the currency of `globals.yml`; risk bands by churn probability.

    Attributes:
        kept_customer_value: Worth of a customer who would have churned and stays.
        contact_cost: Cost of one contact.
        offer_cost: Cost of an offer that is taken.
        acceptance_rate: Share of contacted customers who take the offer.
        campaign_capacity: How many customers can be contacted for one date; None is no limit.
        holdout_fraction: Share of customers who are never contacted, so that the effect of contacts
            can be measured; always the same customers.
        holdout_name: Name of the draw; another name draws other customers.
        medium_risk_from: Lowest probability of a medium risk.
        high_risk_from: Lowest probability of a high risk.
    """

    kept_customer_value: Money
    contact_cost: Money
    offer_cost: Money
    acceptance_rate: float = Field(ge=0, le=1)
    campaign_capacity: int | None = Field(ge=1)
    holdout_fraction: float = Field(ge=0, lt=1)
    holdout_name: str
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

    @property
    def money(self) -> dict[str, float]:
        """What a model is packaged with; limits of a campaign belong to the campaign."""
        return self.model_dump(exclude={"campaign_capacity", "holdout_fraction", "holdout_name"})
