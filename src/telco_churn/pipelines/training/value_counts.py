"""One feature, counted by value: how many rows have each value, and how many of them churned.

In: examples, then a column of the rows drawn from them. Out: a `Sample`, `ValueCounts` of each
feature, and how well the values rank customers.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

CHANCE = 0.001  # of one false alarm about values, ranges and copies in a table of noise
MOST_BINS = 32  # of numbers, by quantiles
LEAST_ROWS = 20  # of a bin, and of a text that is a bin of its own
PRIOR_ROWS = 10  # with the churn rate of all, added to each bin: rates of few rows are noise
SURE, FAR_FROM_CHANCE = 3, 5  # standard errors above the limit, and above no knowledge at all

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SampleInfo:
    """The rows that features are counted on.

    Attributes:
        rows: Number of rows.
        churned: How many of them churned.
        features: Number of features that are checked: the more, the more luck there is.
        customers: Shape `(rows,)`; a number for each customer.
        all_customers: Number of customers in the rows that these were drawn from.
    """

    rows: int
    churned: int
    features: int
    customers: Integers
    all_customers: int

    @property
    def churn_rate(self) -> float:
        """Churn rate of all rows."""
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


@dataclass(frozen=True)
class Draw:
    """Which rows are counted, and which of them are the second half; both of shape `(rows,)`."""

    rows: Integers
    is_second_half: Booleans


@dataclass(frozen=True)
class ValueCounts:
    """Rows and churners by value of a feature, in two halves of the rows.

    Attributes:
        feature: Name of the feature.
        values: Shape `(values,)`; distinct, sorted where `is_ordered`.
        codes: Shape `(rows,)`; which value each row has, -1 where it is missing.
        is_ordered: Whether values have an order: numbers, booleans and dates do, text has none.
        halves: Shape `(1 + values, half, stayed or churned)`; the first is for missing.
    """

    feature: str
    values: npt.NDArray[Any]
    codes: Integers
    is_ordered: bool
    halves: Integers

    @cached_property
    def rows(self) -> Integers:
        """Rows by value, the missing first."""
        return self.halves.sum(axis=(1, 2))

    @cached_property
    def churned(self) -> Integers:
        """Churners by value, the missing first."""
        return self.halves[:, :, 1].sum(axis=1)


def draw_rows(churned: Booleans, most: int, seed: int) -> Draw:
    """Draw each class in its share, and halve each, so that few churners are not lost by luck."""
    rng = np.random.default_rng(seed)
    share = min(1.0, most / len(churned))
    drawn, halves = [], []
    for rows in (np.flatnonzero(churned), np.flatnonzero(~churned)):
        count = max(2, round(share * len(rows)))
        drawn.append(rng.permutation(rows)[:count])
        halves.append(np.arange(count) % 2 == 1)
    rows, is_second_half = np.concatenate(drawn), np.concatenate(halves)
    order = np.argsort(rows)
    return Draw(rows[order], is_second_half[order])


def count_values(values: pd.Series, churned: Booleans, is_second_half: Booleans) -> ValueCounts:
    """Count rows by value, half and outcome; all arguments have shape `(rows,)`."""
    codes, distinct, is_ordered = _encode(values)
    cells = (codes + 1) * 4 + is_second_half * 2 + churned
    halves = np.bincount(cells, minlength=4 * (len(distinct) + 1)).reshape(-1, 2, 2)
    return ValueCounts(str(values.name), distinct, codes, is_ordered, halves)


def rank_by_values(counts: ValueCounts) -> float:
    """Rank rows of each half by the churn rates of the other half's bins; the mean ROC AUC.

    Bins have rates of their own, so it does not matter which way a feature points, or whether it
    points one way at all. Missing values are a bin, rare texts together another.
    """
    bins = _bin_values(counts)
    by_bin = np.zeros((bins.max() + 1, 2, 2), dtype=np.int64)
    np.add.at(by_bin, bins, counts.halves)
    learnt = [_rank_by(by_bin[:, 1 - half], by_bin[:, half]) for half in (0, 1)]
    return float(np.mean(learnt))


def exceeds(auc: float, limit: float, churned: int, stayed: int) -> bool:
    """Whether a ROC AUC is surely above a limit, and no luck of few rows.

    Source: Hanley and McNeil, The Meaning and Use of the Area under a ROC Curve, 1982; without
    knowledge, the variance of Mann and Whitney's U.
    """
    pairs = churned * stayed
    both_churned, both_stayed = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (churned - 1) * (both_churned - auc**2)
    variance = (variance + (stayed - 1) * (both_stayed - auc**2)) / pairs
    by_luck = np.sqrt((churned + stayed + 1) / (12 * pairs))
    is_sure = auc - SURE * np.sqrt(max(variance, 0)) > limit
    return bool(is_sure and auc - 0.5 > FAR_FROM_CHANCE * by_luck)


def show_value(value: object) -> str:
    """Put a value of a feature into a sentence."""
    return f"{value:.6g}" if isinstance(value, float) else f"{str(value)[:40]!r}"


def _encode(values: pd.Series) -> tuple[Integers, npt.NDArray[Any], bool]:
    if values.dtype == object and pd.api.types.infer_dtype(values) in ("date", "datetime"):
        values = pd.to_datetime(values)
    if pd.api.types.is_datetime64_any_dtype(values):
        codes, days = pd.factorize(values, sort=True)
        return codes.astype(np.int64), np.asarray(days), True
    if not pd.api.types.is_numeric_dtype(values):
        codes, names = pd.factorize(values)
        return codes.astype(np.int64), np.asarray(names, dtype=object), False
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    is_present = ~np.isnan(numbers)
    distinct, present_codes = np.unique(numbers[is_present], return_inverse=True)
    codes = np.full(len(numbers), -1, dtype=np.int64)
    codes[is_present] = present_codes
    return codes, distinct, True


def _bin_values(counts: ValueCounts) -> Integers:
    """Give each value a bin; the first is for missing."""
    rows = counts.rows[1:]
    if counts.is_ordered:
        middle = np.cumsum(rows) - rows / 2
        bins = 1 + (middle // max(rows.sum() / MOST_BINS, LEAST_ROWS)).astype(np.int64)
    else:
        bins = np.where(rows >= LEAST_ROWS, np.arange(2, len(rows) + 2), 1)
    return np.concatenate([[0], bins]).astype(np.int64)


def _rank_by(learnt: Integers, judged: Integers) -> float:
    """ROC AUC of one half's rows under the other half's rates; both of shape `(bins, 2)`."""
    overall = learnt[:, 1].sum() / learnt.sum()
    rates = (learnt[:, 1] + PRIOR_ROWS * overall) / (learnt.sum(axis=1) + PRIOR_ROWS)
    _, place = np.unique(rates, return_inverse=True)
    stayed, churned = (np.bincount(place, judged[:, label]) for label in (0, 1))
    below = np.cumsum(stayed) - stayed / 2
    return float((below * churned).sum() / (stayed.sum() * churned.sum()))
