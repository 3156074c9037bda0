"""Whom to contact, by money."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Decision:
    """What a contact costs and may win, in `currency`, and from which probability a risk is which.

    Attributes:
        kept_customer_value: Worth of a customer who would have churned and stays.
        contact_cost: Cost of one contact.
        offer_cost: Cost of an offer that is taken.
        acceptance_rate: Share of contacted customers who take the offer.
        medium_risk_from: Lowest probability of a medium risk.
        high_risk_from: Lowest probability of a high risk.
    """

    kept_customer_value: float
    contact_cost: float
    offer_cost: float
    acceptance_rate: float
    medium_risk_from: float
    high_risk_from: float

    def expected_value(self, churn_probability: Floats) -> Floats:
        """Money won by contacting each customer, shape `(rows,)`: negative where it costs more."""
        won = churn_probability * self.kept_customer_value - self.offer_cost
        return self.acceptance_rate * won - self.contact_cost

    def risk_band(self, churn_probability: Floats) -> npt.NDArray[np.str_]:
        """`low`, `medium` or `high`, shape `(rows,)`."""
        limits = [self.medium_risk_from, self.high_risk_from]
        return np.array(["low", "medium", "high"])[np.digitize(churn_probability, limits)]
