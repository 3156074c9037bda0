"""Assign each row of a table to a split: a fold, or by date training, calibration or test.

In: features and labels, or dates. Out: the name of each row's split.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.checks import UnusableTableError

PURPOSES = 3


def assign_folds(features: pd.DataFrame, churned: pd.Series, params: OwnTableParams) -> pd.Series:
    """Assign rows to folds of similar size and churn rate; identical rows share a fold.

    The result does not depend on the order of the rows.

    Args:
        features: The features of each row; rows with equal features are identical.
        churned: The label of each row.
        params: `folds` and `seed`.

    Returns:
        `fold_1` to `fold_<folds>`.

    Raises:
        UnusableTableError: When a class has fewer distinct rows than there are folds.
    """
    hashes = pd.util.hash_pandas_object(features, index=False)
    groups = np.unique(hashes, return_inverse=True)[1]
    rows_of = np.column_stack(
        [np.bincount(groups, churned == value).astype(int) for value in (True, False)]
    )
    with_it, without = (int(count) for count in (rows_of > 0).sum(axis=0))
    if min(with_it, without) < params.folds:
        raise UnusableTableError(
            f"{params.table} has {with_it} rows with {params.target}={params.positive} and "
            f"{without} without, counting identical rows once because they share a fold: "
            f"{params.folds} folds need at least {params.folds} of each. Add rows, or lower "
            "own_table.folds."
        )
    folds = _deal(rows_of, params.folds, params.seed)[groups]
    split = pd.Series([f"fold_{fold + 1}" for fold in folds], index=features.index)
    _check_classes(split, churned, params, "lower own_table.folds (identical rows share a fold)")
    return split


def split_by_date(
    dates: pd.Series,
    churned: pd.Series,
    params: OwnTableParams,
    as_of: pd.Timestamp,
    gap: pd.Timedelta,
) -> pd.Series:
    """Assign each row to a split by its date: train, then calibration, then test.

    All rows of a date are in one split. The shares are therefore reached or exceeded, as long as
    dates to train on are left.

    Args:
        dates: The date of each row, without a time of day.
        churned: The label of each row.
        params: `calibration_fraction` and `test_fraction`, shares of the rows.
        as_of: The date of the run.
        gap: From a row's date until its label is known.

    Returns:
        `train`, `calibration` or `test`; or `gap`, if the label is known only after the next split
        begins, or after `as_of`.

    Raises:
        UnusableTableError: When there are too few dates for three splits with gaps between them.
    """
    apart = max(gap, pd.Timedelta(days=1))
    known = dates[dates + gap <= as_of]
    days = pd.DatetimeIndex(known.unique()).sort_values()
    earliest = _first_days_apart(days, apart)
    if len(earliest) < PURPOSES:
        raise UnusableTableError(_explain_too_few_dates(days, earliest, params, as_of, gap))
    test_from = max(earliest[2], _start_of_latest(known, params.test_fraction * len(known)))
    before_test = known[known + apart <= test_from]
    calibration_from = max(
        earliest[1], _start_of_latest(before_test, params.calibration_fraction * len(known))
    )
    split = pd.Series("gap", index=dates.index)
    split[dates + apart <= calibration_from] = "train"
    split[(dates >= calibration_from) & (dates + apart <= test_from)] = "calibration"
    split[(dates >= test_from) & (dates + gap <= as_of)] = "test"
    raised = "raise own_table.calibration_fraction or own_table.test_fraction"
    _check_classes(split, churned, params, raised)
    return split


def _deal(rows_of: npt.NDArray[np.int_], folds: int, seed: int) -> npt.NDArray[np.int_]:
    """Assign groups to folds, largest first, each to the fold with the least of its classes.

    scikit-learn's StratifiedGroupKFold does the same, but measures all folds again for each group.
    That is slow if nearly every row is a separate group, as in most tables.

    Args:
        rows_of: Rows of each group, with and without churn; shape `(groups, 2)`.
        folds: Number of folds.
        seed: Seed for the order of groups of equal size.

    Returns:
        The fold of each group, counted from 0; shape `(groups,)`.
    """
    shuffled = np.random.default_rng(seed).permutation(len(rows_of))
    order = shuffled[np.argsort(-rows_of[shuffled].sum(axis=1), kind="stable")]
    share = (rows_of / rows_of.sum(axis=0)).tolist()
    dealt = [[0.0, 0.0] for _ in range(folds)]
    fold_of = np.empty(len(rows_of), dtype=int)
    for group in order.tolist():
        churned, stayed = share[group]
        crowding = [churned * fold[0] + stayed * fold[1] for fold in dealt]
        chosen = crowding.index(min(crowding))
        dealt[chosen][0] += churned
        dealt[chosen][1] += stayed
        fold_of[group] = chosen
    return fold_of


def _first_days_apart(days: pd.DatetimeIndex, apart: pd.Timedelta) -> list[pd.Timestamp]:
    """Return the earliest days on which training, calibration and test can begin."""
    found: list[pd.Timestamp] = []
    while len(days) and len(found) < PURPOSES:
        found.append(days[0])
        days = days[days >= days[0] + apart]
    return found


def _start_of_latest(dates: pd.Series, rows: float) -> pd.Timestamp:
    """Return the first of the fewest latest dates that hold this many rows, or of all dates."""
    held = dates.value_counts().sort_index(ascending=False).cumsum()
    enough = held.index[held >= round(rows)]
    return enough[0] if len(enough) else held.index[-1]


def _explain_too_few_dates(
    days: pd.DatetimeIndex,
    earliest: list[pd.Timestamp],
    params: OwnTableParams,
    as_of: pd.Timestamp,
    gap: pd.Timedelta,
) -> str:
    known = f"with a target known by {as_of.date()}, {gap.days} days later (own_table.gap_days)"
    if len(days) < PURPOSES:
        return (
            f"{params.table} has {len(days)} dates in {params.time} {known}: expected at least "
            f"{PURPOSES}, to train, calibrate and test. Add dates, set a later as_of, or leave "
            "own_table.time out."
        )
    return (
        f"{params.table} has dates in {params.time} from {days[0].date()} to {days[-1].date()}: "
        f"with gaps of {gap.days} days (own_table.gap_days) before calibration and before test, "
        f"dates are left for {len(earliest)} of {PURPOSES} splits (train, calibration, test). Add "
        "earlier dates or, if targets are known sooner, lower own_table.gap_days."
    )


def _check_classes(
    split: pd.Series, churned: pd.Series, params: OwnTableParams, remedy: str
) -> None:
    counts = pd.crosstab(split, churned.to_numpy()).reindex(columns=[True, False], fill_value=0)
    for name, (with_it, without) in zip(counts.index, counts.to_numpy(), strict=True):
        if name != "gap" and min(with_it, without) == 0:
            raise UnusableTableError(
                f"{params.table} has {with_it} {name} rows with {params.target}={params.positive} "
                f"and {without} without: expected some of both. Add rows, or {remedy}."
            )
