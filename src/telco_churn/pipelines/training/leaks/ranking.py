"""How well the values of one feature rank customers, and whether that is more than luck.

In: a `Tally`. Out: ROC AUC on rows that the ranking was not made from.
"""

import numpy as np
import numpy.typing as npt

from telco_churn.pipelines.training.leaks.tally import Counts, Tally

MOST_BINS = 32  # of numbers, by quantiles
LEAST_ROWS = 20  # of a bin, and of a text that is a bin of its own
PRIOR_ROWS = 10  # with the churn rate of all, added to each bin: rates of few rows are noise
SURE, FAR_FROM_CHANCE = 3, 5  # standard errors above the limit, and above no knowledge at all


def roc_auc_of_bins(tally: Tally) -> float:
    """Rank rows of each half by the churn rates of the other half's bins; the mean ROC AUC.

    Bins have rates of their own, so it does not matter which way a feature points, or whether it
    points one way at all. Missing values are a bin, rare texts together another.
    """
    bins = _bin_values(tally)
    counts = np.zeros((bins.max() + 1, 2, 2), dtype=np.int64)
    np.add.at(counts, bins, tally.halves)
    learnt = [_rank_by(counts[:, 1 - half], counts[:, half]) for half in (0, 1)]
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


def _bin_values(tally: Tally) -> npt.NDArray[np.int64]:
    """Give each value a bin; the first is for missing."""
    rows = tally.rows[1:]
    if tally.is_ordered:
        middle = np.cumsum(rows) - rows / 2
        bins = 1 + (middle // max(rows.sum() / MOST_BINS, LEAST_ROWS)).astype(np.int64)
    else:
        bins = np.where(rows >= LEAST_ROWS, np.arange(2, len(rows) + 2), 1)
    return np.concatenate([[0], bins]).astype(np.int64)


def _rank_by(learnt: Counts, judged: Counts) -> float:
    """ROC AUC of one half's rows under the other half's rates; both of shape `(bins, 2)`."""
    overall = learnt[:, 1].sum() / learnt.sum()
    rates = (learnt[:, 1] + PRIOR_ROWS * overall) / (learnt.sum(axis=1) + PRIOR_ROWS)
    _, place = np.unique(rates, return_inverse=True)
    stayed, churned = (np.bincount(place, judged[:, label]) for label in (0, 1))
    below = np.cumsum(stayed) - stayed / 2
    return float((below * churned).sum() / (stayed.sum() * churned.sum()))
