"""Count the rows and churners of each value of a feature.

In: labels to draw a sample from, one feature column. Out: `Draw`, the `ValueCounts` of the
feature, and how well its values rank customers.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

CHANCE = 0.001  # probability of a false alarm on values, ranges or copies in a table of noise
MOST_BINS = 32  # quantile bins of a numeric feature
LEAST_ROWS = 20  # rows per bin; a rarer text shares a bin with other rare texts
PRIOR_ROWS = 10  # rows with the overall churn rate added to each bin: rates of few rows are noise
NAMED_ID = r"(?i:(^|[\W_])(id|number|nr|key)$)|[a-z]I[dD]$"  # the name of a column with ids
SURE, FAR_FROM_CHANCE = 3, 5  # standard errors above the limit, and above a ROC AUC of 0.5

Booleans = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SampleInfo:
    """The sample of rows that features are counted on.

    Attributes:
        rows: Number of rows.
        churned: Number of rows that churned.
        features: Number of checked features; with more, chance finds are more likely.
        customers: Shape `(rows,)`; an integer code for each customer.
        all_customers: Number of customers among all training rows.
    """

    rows: int
    churned: int
    features: int
    customers: Integers
    all_customers: int

    @property
    def churn_rate(self) -> float:
        """Return the churn rate of the sample."""
        return self.churned / self.rows

    def is_beyond_chance(self, rows: int, churned: int) -> bool:
        """Whether a group has more churners than chance would produce anywhere in the table.

        Source: Chernoff's bound of a binomial tail, times the number of rows and features.
        """
        rate = min(churned / rows, 1 - 1e-12)
        if rate <= self.churn_rate:
            return False
        surprise = rate * np.log(rate / self.churn_rate)
        surprise += (1 - rate) * np.log((1 - rate) / (1 - self.churn_rate))
        return bool(rows * surprise > np.log(self.rows * self.features / CHANCE))


@dataclass(frozen=True)
class Draw:
    """The positions of the drawn rows, and whether each is in the second half; `(rows,)` each."""

    rows: Integers
    is_second_half: Booleans


@dataclass(frozen=True)
class ValueCounts:
    """Rows and churners by value of a feature, for each half of the sample.

    Attributes:
        feature: Name of the feature.
        values: Shape `(values,)`; distinct, sorted if `is_ordered`.
        codes: Shape `(rows,)`; the index of each row's value, -1 if it is missing.
        is_ordered: Whether the values have an order, like numbers, booleans and dates.
        halves: Shape `(1 + values, 2, 2)`: value (missing first), half, stayed or churned.
    """

    feature: str
    values: npt.NDArray[Any]
    codes: Integers
    is_ordered: bool
    halves: Integers

    @cached_property
    def rows(self) -> Integers:
        """Return the rows of each value, missing first."""
        return self.halves.sum(axis=(1, 2))

    @cached_property
    def churned(self) -> Integers:
        """Return the churners of each value, missing first."""
        return self.halves[:, :, 1].sum(axis=1)


def draw_rows(churned: Booleans, most: int, seed: int) -> Draw:
    """Draw at most about `most` rows, stratified by class, and split each class in half."""
    rng = np.random.default_rng(seed)
    share = min(1.0, most / len(churned))
    drawn, halves = [], []
    for rows in (np.flatnonzero(churned), np.flatnonzero(~churned)):
        some = rng.permutation(rows)[: max(2, round(share * len(rows)))]
        drawn.append(some)
        halves.append(np.arange(len(some)) % 2 == 1)
    rows, is_second_half = np.concatenate(drawn), np.concatenate(halves)
    order = np.argsort(rows)
    return Draw(rows[order], is_second_half[order])


def count_values(values: pd.Series, churned: Booleans, is_second_half: Booleans) -> ValueCounts:
    """Count rows by value, half and outcome; each argument has shape `(rows,)`."""
    codes, distinct, is_ordered = _encode(values)
    cells = (codes + 1) * 4 + is_second_half * 2 + churned
    halves = np.bincount(cells, minlength=4 * (len(distinct) + 1)).reshape(-1, 2, 2)
    return ValueCounts(str(values.name), distinct, codes, is_ordered, halves)


def rank_by_values(counts: ValueCounts) -> float:
    """Rank each half's rows by the churn rates of the other half's bins; return the mean ROC AUC.

    Each bin has a separate rate, so the feature need not rise or fall with churn. Missing values
    are one bin, and rare texts share another. A class of one row cannot be ranked: the result is
    0.5.
    """
    if (counts.halves.sum(axis=0) == 0).any():
        return 0.5
    bins = _bin_values(counts)
    by_bin = np.zeros((bins.max() + 1, 2, 2), dtype=np.int64)
    np.add.at(by_bin, bins, counts.halves)
    learned = [_rank_by(by_bin[:, 1 - half], by_bin[:, half]) for half in (0, 1)]
    return float(np.mean(learned))


def exceeds(auc: float, limit: float, churned: int, stayed: int) -> bool:
    """Whether a ROC AUC is significantly above both the limit and chance.

    Source: Hanley and McNeil, The Meaning and Use of the Area under a ROC Curve, 1982; for chance,
    the variance of Mann and Whitney's U.
    """
    pairs = churned * stayed
    both_churned, both_stayed = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (churned - 1) * (both_churned - auc**2)
    variance = (variance + (stayed - 1) * (both_stayed - auc**2)) / pairs
    by_luck = np.sqrt((churned + stayed + 1) / (12 * pairs))
    is_sure = auc - SURE * np.sqrt(max(variance, 0)) > limit
    return bool(is_sure and auc - 0.5 > FAR_FROM_CHANCE * by_luck)


def show_value(value: object) -> str:
    """Format a value of a feature for a message."""
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
    """Return the bin of each value, shape `(1 + values,)`; missing values are bin 0."""
    rows = counts.rows[1:]
    if counts.is_ordered:
        middle = np.cumsum(rows) - rows / 2
        bins = 1 + (middle // max(rows.sum() / MOST_BINS, LEAST_ROWS)).astype(np.int64)
    else:
        bins = np.where(rows >= LEAST_ROWS, np.arange(2, len(rows) + 2), 1)
    return np.concatenate([[0], bins]).astype(np.int64)


def _rank_by(learned: Integers, judged: Integers) -> float:
    """Return the ROC AUC of one half ranked by the other half's rates; shape `(bins, 2)` each."""
    overall = learned[:, 1].sum() / learned.sum()
    rates = (learned[:, 1] + PRIOR_ROWS * overall) / (learned.sum(axis=1) + PRIOR_ROWS)
    _, place = np.unique(rates, return_inverse=True)
    stayed, churned = (np.bincount(place, judged[:, label]) for label in (0, 1))
    below = np.cumsum(stayed) - stayed / 2
    return float((below * churned).sum() / (stayed.sum() * churned.sum()))
