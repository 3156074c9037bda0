"""Values that only those have who churned.

In: rows and churners of some values of a feature. Out: a finding where these values make churn
certain.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telco_churn.parameters.leakage import LeakageParams
from telco_churn.pipelines.training.leaks.finding import Finding, Looked
from telco_churn.pipelines.training.leaks.tally import Tally, show

CERTAIN_LIFT = 50  # times as likely among who churned: where half of the rows did, 95 % is no news
VALUE_ERRORS, RANGE_ERRORS = 1, 2  # standard errors by which a churn rate may be too high by luck


@dataclass(frozen=True)
class Group:
    """Some of the rows: how they are told in words, how many, how many of them churned."""

    words: str
    rows: int
    churned: int
    is_range: bool = False

    @property
    def churn_rate(self) -> float:
        """Of its rows."""
        return self.churned / self.rows

    @property
    def sure_rate(self) -> float:
        """A low estimate of the churn rate, the lower for a range: it was chosen to look sure.

        Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
        """
        errors = RANGE_ERRORS if self.is_range else VALUE_ERRORS
        square = errors**2 / self.rows
        spread = np.sqrt(square * (self.churn_rate * (1 - self.churn_rate) + square / 4))
        return float((self.churn_rate + square / 2 - spread) / (1 + square))


def convict(
    groups: list[Group], tally: Tally, looked: Looked, limits: LeakageParams, check: str
) -> Finding | None:
    """Of the groups that make churn certain, report the one with most churners."""
    limit = certain_rate(looked, limits)
    enough = max(limits.certain_churners, limits.certain_share * looked.churned)
    certain = [
        group
        for group in groups
        if group.churned >= enough
        and group.sure_rate >= limit
        and looked.is_beyond_chance(group.rows, group.churned)
    ]
    if not certain:
        return None
    worst = max(certain, key=lambda group: group.churned)
    evidence = (
        f"Where {tally.feature} {worst.words}, {worst.churned:,} of {worst.rows:,} rows churned "
        f"({worst.churn_rate:.1%}; of all rows {looked.churn_rate:.1%}): "
        f"{worst.churned / looked.churned:.1%} of all that churned."
    )
    return Finding(tally.feature, check, evidence, worst.churn_rate, limit)


def find_surest_range(tally: Tally, excess: npt.NDArray[np.float64]) -> Group:
    """Find the range of values with the largest sum of excess churners.

    Source: Kadane's maximum subarray.
    """
    total = np.concatenate([[0.0], np.cumsum(excess)])
    end = int(np.argmax(total - np.minimum.accumulate(total)))
    start = int(np.argmin(total[: end + 1]))
    if start == end:
        return Group("", 0, 0)
    rows, churned = (counts[1:][start:end].sum() for counts in (tally.rows, tally.churned))
    words = f"is from {show(tally.values[start])} to {show(tally.values[end - 1])}"
    return Group(words, int(rows), int(churned), is_range=True)


def certain_rate(looked: Looked, limits: LeakageParams) -> float:
    """Churn rate from which churn is certain, given how usual it is."""
    odds = CERTAIN_LIFT * looked.churned / (looked.rows - looked.churned)
    return max(limits.certain_from, odds / (1 + odds))
