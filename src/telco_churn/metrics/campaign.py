"""Profit of a campaign that contacts customers in the order of a model's probabilities.

In: labels, probabilities and dates of held-out rows, terms of a contact. Out: currency per date.
Contacting a churner earns money, contacting a stayer costs money.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from telco_churn.metrics.ranking import Floats, Integers, run_total
from telco_churn.model.decision import Decision
from telco_churn.parameters.decision import DecisionParams


@dataclass(frozen=True)
class Campaign:
    """Rows sorted by date, then by descending expected value; ties keep their input order.

    Attributes:
        rows: Position of each sorted row in the input, shape `(rows,)`.
        money: Profit of a contact, given the outcome, in currency, shape `(rows,)`.
        date_starts: First row of each date, then the number of rows, shape `(dates + 1,)`.
        worth: Rows whose expected value is above 0 according to the model, shape `(contacts,)`.
        capacity: Maximum number of contacts per date; None means no limit.
    """

    rows: Integers
    money: Floats
    date_starts: Integers
    worth: Integers
    capacity: int | None

    @classmethod
    def of(
        cls, churned: Floats, probability: Floats, date: Integers, decision: DecisionParams
    ) -> "Campaign":
        """Sort rows; arrays have shape `(rows,)`, `churned` is 1 or 0, dates count from 0."""
        terms = Decision(**decision.money)
        rows = np.lexsort((-probability, date))
        return cls(
            rows,
            terms.expected_value(churned[rows]),
            np.searchsorted(date[rows], np.arange(date.max() + 2)),
            np.flatnonzero(terms.expected_value(probability[rows]) > 0),
            decision.campaign_capacity,
        )

    @property
    def dates(self) -> int:
        """Number of dates."""
        return len(self.date_starts) - 1

    def profit(self, weights: Floats) -> float:
        """Return the profit in currency per date of the rows worth a contact, within the capacity.

        `weights` has the order of the input and shape `(rows,)`.
        """
        taken = weights[self.rows[self.worth]]
        if self.capacity is not None:
            total = run_total(taken)
            starts = np.searchsorted(self.worth, self.date_starts)
            before = total[:-1] - np.repeat(total[starts[:-1]], np.diff(starts))
            taken = np.clip(self.capacity - before, 0, taken)
        return float(taken @ self.money[self.worth] / self.dates)

    def profit_by_contacts(self, contacts: Floats, weights: Floats) -> Floats:
        """Return the profit in currency per date for each number of contacts, worth it or not."""
        earned = np.zeros_like(contacts)
        for start, end in pairwise(self.date_starts):
            taken = weights[self.rows[start:end]]
            money = run_total(taken * self.money[start:end])
            earned += np.interp(contacts, run_total(taken), money)
        return earned / self.dates
