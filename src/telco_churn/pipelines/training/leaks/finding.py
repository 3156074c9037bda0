"""What was found, and in what."""

from dataclasses import dataclass

import numpy as np

from telco_churn.pipelines.training.leaks.tally import Codes

CHANCE = 0.001  # of one false alarm about values, ranges and copies in a table of noise


@dataclass(frozen=True)
class Finding:
    """One row of `leakage_findings`."""

    feature: str
    check: str
    evidence: str
    value: float
    limit: float


@dataclass(frozen=True)
class Looked:
    """What the rows are that features are counted on.

    Attributes:
        rows, churned: How many there are, and how many of them churned.
        features: How many are looked at: the more, the more luck there is.
        customers: Shape `(rows,)`; a number for each customer.
        all_customers: How many there are in the rows that these were drawn from.
    """

    rows: int
    churned: int
    features: int
    customers: Codes
    all_customers: int

    @property
    def churn_rate(self) -> float:
        """Of all the rows."""
        return self.churned / self.rows

    def is_beyond_chance(self, rows: int, churned: int) -> bool:
        """Whether so many churners among so many rows are more than luck finds in a large table.

        Source: Chernoff's bound of a binomial tail, times the places to look at.
        """
        rate = min(churned / rows, 1 - 1e-12)
        if rate <= self.churn_rate:
            return False
        surprise = rate * np.log(rate / self.churn_rate)
        surprise += (1 - rate) * np.log((1 - rate) / (1 - self.churn_rate))
        return bool(rows * surprise > np.log(self.rows * self.features / CHANCE))
