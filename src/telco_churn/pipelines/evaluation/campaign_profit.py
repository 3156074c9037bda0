"""What contacting customers by a model's probabilities would have won.

On each date the best come first; a contact of who churned wins, of who stayed costs.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from telco_churn.model.decision import Decision
from telco_churn.parameters.decision import DecisionParams
from telco_churn.pipelines.evaluation.held_out import CANDIDATE, Floats, HeldOut, Integers
from telco_churn.pipelines.evaluation.ranking import run_total


@dataclass(frozen=True)
class Campaign:
    """Rows by date, then from the best down; ties by customer.

    Attributes:
        rows: Where each row came from, shape `(rows,)`.
        money: What a contact brings in expectation over acceptance, in currency, shape `(rows,)`.
        date_starts: The first row of each date, and the number of rows, shape `(dates + 1,)`.
        worth: Rows with an expected value above 0 by the model, shape `(contacts,)`.
        capacity: Contacts per date at most; None is no limit.
    """

    rows: Integers
    money: Floats
    date_starts: Integers
    worth: Integers
    capacity: int | None

    @classmethod
    def of(cls, held_out: HeldOut, decision: DecisionParams, model: str = CANDIDATE) -> "Campaign":
        """Sort the rows by what a model makes of them."""
        terms = Decision(**decision.money)
        probability = held_out.probability[model]
        rows = np.lexsort((-probability, held_out.date))
        dates = np.arange(held_out.date.max() + 2)
        return cls(
            rows,
            terms.expected_value(held_out.churned[rows]),
            np.searchsorted(held_out.date[rows], dates),
            np.flatnonzero(terms.expected_value(probability[rows]) > 0),
            decision.campaign_capacity,
        )

    @property
    def dates(self) -> int:
        """How many dates there are."""
        return len(self.date_starts) - 1

    def profit(self, weights: Floats) -> float:
        """Money per date, won from the rows worth a contact, as far as the capacity goes.

        Args:
            weights: Shape `(rows,)`, in the order of the held-out rows.
        """
        taken = weights[self.rows[self.worth]]
        if self.capacity is not None:
            total = run_total(taken)
            starts = np.searchsorted(self.worth, self.date_starts)
            before = total[:-1] - np.repeat(total[starts[:-1]], np.diff(starts))
            taken = np.clip(self.capacity - before, 0, taken)
        return float(taken @ self.money[self.worth] / self.dates)

    def profit_by_contacts(self, contacts: Floats, weights: Floats) -> Floats:
        """Money per date of so many contacts on each date, worth it or not, shape of `contacts`."""
        won = np.zeros_like(contacts)
        for start, end in pairwise(self.date_starts):
            taken = weights[self.rows[start:end]]
            money = run_total(taken * self.money[start:end])
            won += np.interp(contacts, run_total(taken), money)
        return won / self.dates
