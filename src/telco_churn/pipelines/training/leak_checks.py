"""Check one feature at a time for information that is only known after `as_of`.

In: the feature's `ValueCounts`, the limits. Out: findings with their evidence.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telco_churn.learning.value_counts import (
    NAMED_ID,
    SampleInfo,
    ValueCounts,
    exceeds,
    rank_by_values,
    show_value,
)
from telco_churn.parameters.leakage import LeakageParams

COPY_ERRORS = 0.1  # errors per churner: if few churn, even a constant is wrong in few rows
CERTAIN_LIFT = 50  # odds ratio to all rows: if half of them churn, a rate of 95 % is not unusual
VALUE_ERRORS, RANGE_ERRORS = 1, 2  # standard errors taken off a churn rate, to allow for luck
IDENTIFIER_SHARE = 0.9  # distinct values per customer from which a feature is an identifier
IDENTIFIER_CUSTOMERS = 50  # this many distinct values or fewer prove nothing
COUNTER_SPREAD = 3  # a counter's range is at most this many times the number of customers


@dataclass(frozen=True)
class Finding:
    """One row of `leakage_findings`."""

    feature: str
    check: str
    evidence: str
    value: float
    limit: float


@dataclass(frozen=True)
class Group:
    """A subset of the rows: its description, its size and its churners."""

    words: str
    rows: int
    churned: int
    is_range: bool = False

    @property
    def churn_rate(self) -> float:
        """Return the churn rate of the group."""
        return self.churned / self.rows

    @property
    def sure_rate(self) -> float:
        """Return a low estimate of the churn rate; lower for a range, which was chosen to be high.

        Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
        """
        errors = RANGE_ERRORS if self.is_range else VALUE_ERRORS
        square = errors**2 / self.rows
        spread = np.sqrt(square * (self.churn_rate * (1 - self.churn_rate) + square / 4))
        return float((self.churn_rate + square / 2 - spread) / (1 + square))


def check_feature(counts: ValueCounts, sample: SampleInfo, limits: LeakageParams) -> list[Finding]:
    """Run every check on one feature; a copy of the label is reported as that alone."""
    copy = find_copy(counts, sample, limits)
    if copy:
        return [copy]
    found = [
        find_forecast(counts, sample, limits),
        find_missingness(counts, sample, limits),
        find_certain_values(counts, sample, limits),
        find_identifier(counts, sample),
    ]
    return [finding for finding in found if finding]


def find_copy(counts: ValueCounts, sample: SampleInfo, limits: LeakageParams) -> Finding | None:
    """Find a feature of two values that copies the label; missing may be one of the two."""
    missing = int(counts.rows[0])
    used = slice(1, None) if len(counts.values) == 2 else slice(0, None)
    rows, churned = counts.rows[used], counts.churned[used]
    if len(rows) != 2:
        return None
    means_churn = int(np.argmax(churned / np.maximum(rows, 1)))
    unlike = int(rows[means_churn] - 2 * churned[means_churn] + churned.sum())
    unlike += missing if len(counts.values) == 2 else 0
    value, few = unlike / sample.rows, COPY_ERRORS * sample.churned
    if value > limits.duplicate_tolerance or unlike > few or not rows.all():
        return None
    if not sample.is_beyond_chance(int(rows[means_churn]), int(churned[means_churn])):
        return None
    position = means_churn + (used.start or 0)  # position 0 counts the missing values
    words = "is missing" if position == 0 else f"is {show_value(counts.values[position - 1])}"
    evidence = (
        f"{counts.feature} copies the label: it {words} if a customer churned, with {unlike:,} "
        f"exceptions in {sample.rows:,} rows."
    )
    return Finding(
        counts.feature, "duplicate_of_target", evidence, value, limits.duplicate_tolerance
    )


def find_forecast(counts: ValueCounts, sample: SampleInfo, limits: LeakageParams) -> Finding | None:
    """Find a feature that alone ranks customers too well."""
    auc = rank_by_values(counts)
    limit = limits.max_single_roc_auc
    if not exceeds(auc, limit, sample.churned, sample.rows - sample.churned):
        return None
    evidence = (
        f"{counts.feature} alone predicts churn: churn rates by value, fitted on one half of "
        f"{sample.rows:,} rows and tested on the other, reach a ROC AUC of {auc:.3f}."
    )
    return Finding(counts.feature, "predicts_alone", evidence, auc, limit)


def find_missingness(
    counts: ValueCounts, sample: SampleInfo, limits: LeakageParams
) -> Finding | None:
    """Find a feature whose missing values predict churn."""
    missing, gone = int(counts.rows[0]), int(counts.churned[0])
    stayed = sample.rows - sample.churned
    if missing in (0, sample.rows):
        return None
    of_churned, of_stayed = gone / sample.churned, (missing - gone) / stayed
    auc = 0.5 + abs(of_churned - of_stayed) / 2
    if exceeds(auc, limits.max_missing_roc_auc, sample.churned, stayed):
        evidence = (
            f"{counts.feature} is missing in {of_churned:.1%} of the rows that churned and in "
            f"{of_stayed:.1%} of the others: missingness alone has a ROC AUC of {auc:.3f}."
        )
        return Finding(counts.feature, "missingness", evidence, auc, limits.max_missing_roc_auc)
    group = Group("is missing", missing, gone)
    return report_worst([group], counts, sample, limits, "missingness")


def find_certain_values(
    counts: ValueCounts, sample: SampleInfo, limits: LeakageParams
) -> Finding | None:
    """Find values that almost only churners have."""
    rows, churned = counts.rows[1:], counts.churned[1:]
    if not len(rows):
        return None
    usual = int(np.argmax(rows))
    unusual_rows, unusual_churned = rows.sum() - rows[usual], churned.sum() - churned[usual]
    excess = churned - find_certain_rate(sample, limits) * rows
    surest = int(np.argmax(excess))
    groups = [
        Group("is present", int(rows.sum()), int(churned.sum())),
        Group(
            f"is present and not {show_value(counts.values[usual])}",
            int(unusual_rows),
            int(unusual_churned),
        ),
        Group(f"is {show_value(counts.values[surest])}", int(rows[surest]), int(churned[surest])),
    ]
    if counts.is_ordered:
        groups.append(find_surest_range(counts, excess))
    return report_worst(groups, counts, sample, limits, "after_the_fact")


def find_identifier(counts: ValueCounts, sample: SampleInfo) -> Finding | None:
    """Find values that identify customers: a text per customer, or a running number.

    A model memorizes them and learns nothing that holds for the next customer.
    """
    distinct = len(counts.values)
    if distinct <= IDENTIFIER_CUSTOMERS or (counts.is_ordered and not _are_whole(counts.values)):
        return None
    is_present = counts.codes >= 0
    customers = sample.customers[is_present]
    with_value = len(np.unique(customers))
    share = distinct / with_value
    if share < IDENTIFIER_SHARE:
        return None
    pairs = len(np.unique(customers * distinct + counts.codes[is_present]))
    is_own = distinct >= IDENTIFIER_SHARE * pairs
    is_counter = counts.is_ordered and distinct == pairs == with_value and _is_dense(counts, sample)
    is_name = is_own and (not counts.is_ordered or re.search(NAMED_ID, counts.feature))
    if not (is_name or is_counter):
        return None
    evidence = (
        f"{counts.feature} identifies customers: {distinct:,} distinct values for {with_value:,} "
        "customers. A model would memorize them and learn nothing about the next customer."
    )
    return Finding(counts.feature, "identifier", evidence, share, IDENTIFIER_SHARE)


def report_worst(
    groups: list[Group], counts: ValueCounts, sample: SampleInfo, limits: LeakageParams, check: str
) -> Finding | None:
    """Return a finding for the group with most churners among those where churn is certain."""
    limit = find_certain_rate(sample, limits)
    enough = max(limits.certain_churners, limits.certain_share * sample.churned)
    certain = [
        group
        for group in groups
        if group.churned >= enough
        and group.sure_rate >= limit
        and sample.is_beyond_chance(group.rows, group.churned)
    ]
    if not certain:
        return None
    worst = max(certain, key=lambda group: group.churned)
    evidence = (
        f"Where {counts.feature} {worst.words}, {worst.churned:,} of {worst.rows:,} rows churned "
        f"({worst.churn_rate:.1%}; all rows: {sample.churn_rate:.1%}). These are "
        f"{worst.churned / sample.churned:.1%} of all churners."
    )
    return Finding(counts.feature, check, evidence, worst.churn_rate, limit)


def find_surest_range(counts: ValueCounts, excess: npt.NDArray[np.float64]) -> Group:
    """Return the range of values with the largest sum of excess churners.

    Source: Kadane's maximum subarray.
    """
    total = np.concatenate([[0.0], np.cumsum(excess)])
    end = int(np.argmax(total - np.minimum.accumulate(total)))
    start = int(np.argmin(total[: end + 1]))
    if start == end:
        return Group("", 0, 0)
    rows, churned = (each[1:][start:end].sum() for each in (counts.rows, counts.churned))
    words = f"is from {show_value(counts.values[start])} to {show_value(counts.values[end - 1])}"
    return Group(words, int(rows), int(churned), is_range=True)


def find_certain_rate(sample: SampleInfo, limits: LeakageParams) -> float:
    """Return the churn rate from which churn counts as certain; higher where churn is common."""
    odds = CERTAIN_LIFT * sample.churned / (sample.rows - sample.churned)
    return max(limits.certain_from, odds / (1 + odds))


def _are_whole(values: npt.NDArray[np.float64]) -> bool:
    return bool(
        values.dtype == np.float64 and np.isfinite(values).all() and (values % 1 == 0).all()
    )


def _is_dense(counts: ValueCounts, sample: SampleInfo) -> bool:
    spread = counts.values[-1] - counts.values[0] + 1
    return bool(spread <= COUNTER_SPREAD * sample.all_customers)
