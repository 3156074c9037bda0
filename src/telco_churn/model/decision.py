"""The decision. In: churn probabilities. Out: expected value of a contact, and risk band."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """Costs and benefits of a contact, in currency, and limits of the risk bands.

    Attributes:
        kept_customer_value: Value of a retained customer who would have churned.
        contact_cost: Cost of one contact.
        offer_cost: Cost of an accepted offer.
        acceptance_rate: Share of contacted customers who accept the offer.
        medium_risk_from: Lowest churn probability of the band `medium`.
        high_risk_from: Lowest churn probability of the band `high`.
    """

    kept_customer_value: float
    contact_cost: float
    offer_cost: float
    acceptance_rate: float
    medium_risk_from: float
    high_risk_from: float

    def expected_value(self, churn_probability: Floats) -> Floats:
        """Return the expected profit of contacting each customer, in currency, shape `(rows,)`."""
        won = churn_probability * self.kept_customer_value - self.offer_cost
        return self.acceptance_rate * won - self.contact_cost

    def risk_band(self, churn_probability: Floats) -> npt.NDArray[np.str_]:
        """Return `low`, `medium` or `high` for each customer, shape `(rows,)`."""
        limits = [self.medium_risk_from, self.high_risk_from]
        return np.array(["low", "medium", "high"])[np.digitize(churn_probability, limits)]
