"""Looks at one feature alone: does it know what only the future could have told it.

In: a `Tally` of the feature. Out: findings with their evidence.
"""

import numpy as np

from telco_churn.parameters.leakage import LeakageParams
from telco_churn.pipelines.training.leaks.certainty import (
    Group,
    certain_rate,
    convict,
    find_surest_range,
)
from telco_churn.pipelines.training.leaks.finding import Finding, Looked
from telco_churn.pipelines.training.leaks.identifiers import find_identifier
from telco_churn.pipelines.training.leaks.ranking import exceeds, roc_auc_of_bins
from telco_churn.pipelines.training.leaks.tally import Tally, show

COPY_ERRORS = 0.1  # of those who churned: where few do, a constant is right in nearly all rows


def check_feature(tally: Tally, looked: Looked, limits: LeakageParams) -> list[Finding]:
    """Run every check on one feature; what is a copy of the label is not judged further."""
    copy = _find_copy(tally, looked, limits)
    if copy:
        return [copy]
    found = [
        _find_forecast(tally, looked, limits),
        _find_missingness(tally, looked, limits),
        _find_aftermath(tally, looked, limits),
        find_identifier(tally, looked),
    ]
    return [finding for finding in found if finding]


def _find_copy(tally: Tally, looked: Looked, limits: LeakageParams) -> Finding | None:
    """Compare a feature of two values with the label; being missing may be one of the two."""
    missing = int(tally.rows[0])
    used = slice(1, None) if len(tally.values) == 2 else slice(0, None)
    rows, churned = tally.rows[used], tally.churned[used]
    if len(rows) != 2:
        return None
    means_churn = int(np.argmax(churned / np.maximum(rows, 1)))
    unlike = int(rows[means_churn] - 2 * churned[means_churn] + churned.sum())
    unlike += missing if len(tally.values) == 2 else 0
    value, few = unlike / looked.rows, COPY_ERRORS * looked.churned
    if value > limits.duplicate_tolerance or unlike > few or not rows.all():
        return None
    if not looked.is_beyond_chance(int(rows[means_churn]), int(churned[means_churn])):
        return None
    words = _name_value(tally, means_churn + (used.start or 0))
    evidence = (
        f"{tally.feature} {words} means churned: it differs from the label in {unlike:,} of "
        f"{looked.rows:,} rows."
    )
    return Finding(
        tally.feature, "duplicate_of_target", evidence, value, limits.duplicate_tolerance
    )


def _find_forecast(tally: Tally, looked: Looked, limits: LeakageParams) -> Finding | None:
    auc = roc_auc_of_bins(tally)
    limit = limits.max_single_roc_auc
    if not exceeds(auc, limit, looked.churned, looked.rows - looked.churned):
        return None
    evidence = (
        f"{tally.feature} alone tells who churned: churn rates by its values, learnt on one half "
        f"of {looked.rows:,} rows and judged on the other, have a ROC AUC of {auc:.3f}."
    )
    return Finding(tally.feature, "predicts_alone", evidence, auc, limit)


def _find_missingness(tally: Tally, looked: Looked, limits: LeakageParams) -> Finding | None:
    missing, gone = int(tally.rows[0]), int(tally.churned[0])
    stayed = looked.rows - looked.churned
    if missing in (0, looked.rows):
        return None
    of_churned, of_stayed = gone / looked.churned, (missing - gone) / stayed
    auc = 0.5 + abs(of_churned - of_stayed) / 2
    if exceeds(auc, limits.max_missing_roc_auc, looked.churned, stayed):
        evidence = (
            f"{tally.feature} is missing in {of_churned:.1%} of the rows that churned and in "
            f"{of_stayed:.1%} of the others: being missing has a ROC AUC of {auc:.3f}."
        )
        return Finding(tally.feature, "missingness", evidence, auc, limits.max_missing_roc_auc)
    return convict([Group("is missing", missing, gone)], tally, looked, limits, "missingness")


def _find_aftermath(tally: Tally, looked: Looked, limits: LeakageParams) -> Finding | None:
    """Look for values that hardly anybody has who stayed."""
    rows, churned = tally.rows[1:], tally.churned[1:]
    if not len(rows):
        return None
    usual = int(np.argmax(rows))
    unusual_rows, unusual_churned = rows.sum() - rows[usual], churned.sum() - churned[usual]
    excess = churned - certain_rate(looked, limits) * rows
    surest = int(np.argmax(excess))
    groups = [
        Group("is filled", int(rows.sum()), int(churned.sum())),
        Group(
            f"is filled and not {show(tally.values[usual])}",
            int(unusual_rows),
            int(unusual_churned),
        ),
        Group(f"is {show(tally.values[surest])}", int(rows[surest]), int(churned[surest])),
    ]
    if tally.is_ordered:
        groups.append(find_surest_range(tally, excess))
    return convict(groups, tally, looked, limits, "after_the_fact")


def _name_value(tally: Tally, position: int) -> str:
    """Name a value by its position in the counts, of which the first is for missing."""
    return "is missing" if position == 0 else f"is {show(tally.values[position - 1])}"
