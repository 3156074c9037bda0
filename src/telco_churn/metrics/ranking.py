"""Ranking of rows by probability: sorted once, then counted with any weights in one pass.

In: labels and probabilities, then weights. Out: counts of rows and churners. A bootstrap measures
the same ranking hundreds of times, so rows are sorted once, and the few churners are indexed.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

DECILES = 10


@dataclass(frozen=True)
class Ranking:
    """Rows by descending probability; ties keep their input order.

    Attributes:
        rows: Position of each ranked row in the input, shape `(rows,)`.
        probability: Churn probability, shape `(rows,)`.
        squared_error: Squared difference between probability and outcome, shape `(rows,)`.
        log_error: Negative logarithm of the outcome's probability, shape `(rows,)`.
        hits: Ranks of the churners, shape `(hits,)`.
        tie_starts: Number of rows that rank above each hit, shape `(hits,)`.
        tie_ends: Number of rows that rank above each hit or tie with it, including the hit.
        hits_above: Number of hits that rank above each hit, shape `(hits,)`.
        hits_within: Number of hits that rank above each hit or tie with it, including the hit.
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
        """Rank rows; both arguments have shape `(rows,)`, `churned` is 1 or 0."""
        rows = np.argsort(-probability, kind="stable")
        outcome, forecast = churned[rows], probability[rows]
        hits = np.flatnonzero(outcome)
        given = np.where(outcome == 1, forecast, 1 - forecast)
        starts = np.searchsorted(-forecast, -forecast[hits], side="left")
        ends = np.searchsorted(-forecast, -forecast[hits], side="right")
        return cls(
            rows,
            forecast,
            (forecast - outcome) ** 2,
            -np.log(np.maximum(given, np.finfo(np.float64).eps)),
            hits,
            starts,
            ends,
            np.searchsorted(hits, starts),
            np.searchsorted(hits, ends),
        )


@dataclass(frozen=True)
class WeightedRanking:
    """A ranking of weighted rows.

    Attributes:
        ranking: Rows by descending probability.
        row_weights: Weights in the order of the input, shape `(rows,)`.
    """

    ranking: Ranking
    row_weights: Floats

    @cached_property
    def weights(self) -> Floats:
        """Weights in the order of the ranking, shape `(rows,)`."""
        return self.row_weights[self.ranking.rows]

    @cached_property
    def total(self) -> Floats:
        """Running total of all weights, starting at 0, shape `(rows + 1,)`."""
        return run_total(self.weights)

    @cached_property
    def found(self) -> Floats:
        """Running total of the churners' weights, starting at 0, shape `(hits + 1,)`."""
        return run_total(self.weights[self.ranking.hits])

    @property
    def size(self) -> float:
        """Total weight of all rows."""
        return float(self.total[-1])

    @property
    def churned(self) -> float:
        """Total weight of all churners."""
        return float(self.found[-1])

    @property
    def has_both_classes(self) -> bool:
        """Whether some rows churned and some did not."""
        return 0 < self.churned < self.size

    def found_among(self, rows: Integers) -> Floats:
        """Return the weight of the churners among the first `rows` ranks; shape of `rows`."""
        return self.found[np.searchsorted(self.ranking.hits, rows)]

    def churned_among(self, riskiest: Floats) -> Floats:
        """Return the weight of the churners among the riskiest rows of given total weights."""
        whole, part = self._locate(riskiest)
        hits = self.ranking.hits
        before, within = np.searchsorted(hits, whole), np.searchsorted(hits, whole, side="right")
        return self.found[before] + part * (within > before)

    @cached_property
    def deciles(self) -> Floats:
        """Rows, churners and expected churners by decile, the riskiest first, shape `(3, 10)`.

        Deciles have equal weight; if the weight is not divisible by ten, the first ones have one
        more.
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
        """Return the number of whole rows within a weight, and the part of the next row."""
        whole = np.searchsorted(self.total, riskiest, side="right") - 1
        whole = np.clip(whole, 0, len(self.weights))
        return whole, riskiest - self.total[whole]


def run_total(values: Floats) -> Floats:
    """Return the running total with a leading 0, shape `(rows + 1,)`."""
    total = np.empty(len(values) + 1)
    total[0] = 0
    np.cumsum(values, out=total[1:])
    return total
