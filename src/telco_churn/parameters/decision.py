"""The value and cost of retention contacts, and how many contacts a campaign can make."""

from typing import Annotated

from pydantic import Field, model_validator

from kedro_asof.params import Block

Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(gt=0, lt=1)]
CAMPAIGN = {"campaign_capacity", "holdout_fraction", "holdout_name", "accept_weak_model"}


class DecisionParams(Block):
    """Money, campaign limits and risk bands; amounts in the currency of `conf/base/globals.yml`."""

    kept_customer_value: Money
    """Value of a customer who would have churned and stays, in currency; 0 or more."""
    contact_cost: Money
    """Cost of one contact, in currency; 0 or more."""
    offer_cost: Money
    """Cost of an offer that a customer accepts, in currency; 0 or more."""
    acceptance_rate: float = Field(ge=0, le=1)
    """Share of contacted customers who accept the offer, 0 to 1."""
    campaign_capacity: int | None = Field(ge=1)
    """Largest number of contacts for one date, 1 or more; null for no limit."""
    holdout_fraction: float = Field(ge=0, lt=1)
    """Share of customers, the same on every date, who are never contacted; at least 0, below 1."""
    holdout_name: str
    """Name of the holdout draw; a new name draws other customers."""
    accept_weak_model: bool = False
    """Whether customers are contacted although the model ranks them no better than chance, or
    clearly worse than logistic regression."""
    medium_risk_from: Probability
    """Lowest churn probability of the band `medium`; above 0, below `high_risk_from`."""
    high_risk_from: Probability
    """Lowest churn probability of the band `high`; above `medium_risk_from`, below 1."""

    @model_validator(mode="after")
    def _order_bands(self) -> "DecisionParams":
        if self.medium_risk_from >= self.high_risk_from:
            raise ValueError(
                f"Invalid medium_risk_from {self.medium_risk_from}: expected a value below "
                f"high_risk_from, {self.high_risk_from}"
            )
        return self

    @property
    def money(self) -> dict[str, float]:
        """The values that are packaged with a model: all but the limits of a campaign."""
        return self.model_dump(exclude=CAMPAIGN)
