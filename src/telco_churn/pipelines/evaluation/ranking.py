"""Rows sorted once by probability, then counted under any weights in one pass.

A bootstrap measures the same ranking hundreds of times: nothing is sorted again, and those who
churned, who are few, are counted apart.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from telco_churn.pipelines.evaluation.held_out import Floats, Integers

DECILES = 10


@dataclass(frozen=True)
class Ranking:
    """Rows by falling probability; equal ones in the order in which they came.

    Attributes:
        rows: Where each row came from, shape `(rows,)`.
        probability: Of churn, shape `(rows,)`.
        squared_error: Its square distance from what came, shape `(rows,)`.
        log_error: Negative logarithm of the probability given to what came, shape `(rows,)`.
        hits: Places of those who churned, shape `(hits,)`.
        tie_starts: Rows that rank above each hit, shape `(hits,)`.
        tie_ends: Rows that rank above it or tie with it, itself among them, shape `(hits,)`.
        hits_above: Hits that rank above each hit, shape `(hits,)`.
        hits_within: Hits that rank above it or tie with it, shape `(hits,)`.
    """

    rows: Integers
    probability: Floats
    squared_error: Floats
    log_error: Floats
    hits: Integers
    tie_starts: Integers
    tie_ends: Integers
    hits_above: Integers
    hits_within: Integers

    @classmethod
    def of(cls, churned: Floats, probability: Floats) -> "Ranking":
        """Sort; both arguments of shape `(rows,)`, `churned` 1 or 0."""
        rows = np.argsort(-probability, kind="stable")
        came, forecast = churned[rows], probability[rows]
        hits = np.flatnonzero(came)
        given = np.where(came == 1, forecast, 1 - forecast)
        starts = np.searchsorted(-forecast, -forecast[hits], side="left")
        ends = np.searchsorted(-forecast, -forecast[hits], side="right")
        return cls(
            rows,
            forecast,
            (forecast - came) ** 2,
            -np.log(np.maximum(given, np.finfo(np.float64).eps)),
            hits,
            starts,
            ends,
            np.searchsorted(hits, starts),
            np.searchsorted(hits, ends),
        )


@dataclass(frozen=True)
class Tally:
    """A ranking under weights: running totals from the riskiest on, each starting with 0.

    Attributes:
        ranking: What was counted.
        weights: In the order of the ranking, shape `(rows,)`.
        total: Of the weights of all rows, shape `(rows + 1,)`.
        found: Of the weights of those who churned alone, shape `(hits + 1,)`.
    """

    ranking: Ranking
    weights: Floats
    total: Floats
    found: Floats

    @classmethod
    def of(cls, ranking: Ranking, weights: Floats) -> "Tally":
        """Count; weights of shape `(rows,)`, in the order in which rows came to the ranking."""
        ranked = weights[ranking.rows]
        return cls(ranking, ranked, run_total(ranked), run_total(ranked[ranking.hits]))

    @property
    def size(self) -> float:
        """Weight of all rows."""
        return float(self.total[-1])

    @property
    def churned(self) -> float:
        """Weight of those who churned."""
        return float(self.found[-1])

    @property
    def has_both_classes(self) -> bool:
        """Whether some churned and some did not."""
        return 0 < self.churned < self.size

    def found_among(self, rows: Integers) -> Floats:
        """How many churned among so many rows from the top, shape of `rows`."""
        return self.found[np.searchsorted(self.ranking.hits, rows)]

    def churned_among(self, riskiest: Floats) -> Floats:
        """How many churned among the so many riskiest by weight, shape of `riskiest`."""
        whole, part = self._locate(riskiest)
        hits = self.ranking.hits
        before, within = np.searchsorted(hits, whole), np.searchsorted(hits, whole, side="right")
        return self.found[before] + part * (within > before)

    @cached_property
    def deciles(self) -> Floats:
        """Rows, those who churned and those expected to, by decile from the riskiest on.

        Shape `(3, 10)`. Tenths are of equal size, the first ones larger by one where rows do not
        divide by ten.
        """
        size, rest = divmod(self.size, DECILES)
        places = np.arange(DECILES + 1, dtype=np.float64)
        ends: Floats = places * size + np.minimum(places, rest)
        whole, part = self._locate(ends)
        probability = self.ranking.probability
        sums = [self.weights[start:end] @ probability[start:end] for start, end in pairwise(whole)]
        split = part * probability[np.minimum(whole, len(probability) - 1)]
        return np.array([np.diff(ends), np.diff(self.churned_among(ends)), sums + np.diff(split)])

    def _locate(self, riskiest: Floats) -> tuple[Integers, Floats]:
        """How many rows fit in whole, and how much weight of the next one is left over."""
        whole = np.searchsorted(self.total, riskiest, side="right") - 1
        whole = np.clip(whole, 0, len(self.weights))
        return whole, riskiest - self.total[whole]


def run_total(values: Floats) -> Floats:
    """Running total with a leading 0, shape `(rows + 1,)`."""
    total = np.empty(len(values) + 1)
    total[0] = 0
    np.cumsum(values, out=total[1:])
    return total
