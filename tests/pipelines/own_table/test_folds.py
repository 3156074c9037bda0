"""Identical rows share a fold, and all folds have a similar size and churn rate."""

import numpy as np
import pandas as pd
import pytest

from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.checks import UnusableTableError
from telco_churn.pipelines.own_table.splits import assign_folds

PARAMS = OwnTableParams(table="table.csv", target="left", positive="Yes")


def make_rows(rows: int, kinds: int, seed: int = 7) -> tuple[pd.DataFrame, pd.Series]:
    """Make rows of a number of kinds, a few of them with blanks; one in ten churns."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, kinds, rows)
    visits = pd.Series(kind // 3).astype("float64").mask(kind % 11 == 0)
    plan = pd.Series(np.array(["basic", "plus", "max"])[kind % 3], dtype="str").mask(kind % 7 == 0)
    return pd.DataFrame({"visits": visits, "plan": plan}), pd.Series(rng.random(rows) < 0.1)


@pytest.mark.parametrize(("kinds", "spread"), [(60, 0.02), (700, 0.003), (10**9, 0.003)])
def test_identical_rows_share_a_fold_and_folds_are_alike(kinds: int, spread: float) -> None:
    features, churned = make_rows(3000, kinds)
    split = assign_folds(features, churned, PARAMS)
    keys = features.groupby(list(features.columns), dropna=False).ngroup()
    assert split.groupby(keys).nunique().max() == 1
    sizes = split.value_counts()
    assert sorted(sizes.index) == [f"fold_{number}" for number in range(1, 6)]
    assert sizes.min() >= 0.95 * sizes.max()
    rates = churned.groupby(split).mean()
    assert rates.max() - rates.min() < spread


def test_one_kind_of_row_that_is_common_does_not_unbalance_the_other_folds() -> None:
    features, churned = make_rows(3000, 10**9)
    common = pd.DataFrame({"visits": [1.0] * 700, "plan": ["basic"] * 700})
    split = assign_folds(
        pd.concat([features, common], ignore_index=True),
        pd.concat([churned, pd.Series(np.arange(700) % 10 == 0)], ignore_index=True),
        PARAMS,
    )
    sizes = split.value_counts()
    assert sizes.max() - sizes.min() <= 2
    assert split[3000:].nunique() == 1


def test_rows_that_differ_only_in_label_share_a_fold() -> None:
    features = pd.DataFrame({"visits": np.repeat(np.arange(40.0), 2)})
    churned = pd.Series([True, False] * 40)
    split = assign_folds(features, churned, PARAMS)
    assert (split[::2].to_numpy() == split[1::2].to_numpy()).all()
    assert split.value_counts().tolist() == [16] * 5


def test_folds_follow_the_seed_and_not_the_order_of_rows() -> None:
    features, churned = make_rows(500, 10**9)
    split = assign_folds(features, churned, PARAMS)
    order = np.random.default_rng(1).permutation(500)
    again = assign_folds(features.iloc[order], churned.iloc[order], PARAMS)
    assert again.sort_index().equals(split)
    other = assign_folds(features, churned, PARAMS.model_copy(update={"seed": 43}))
    assert (other != split).any()


def test_identical_rows_count_once_against_the_number_of_folds() -> None:
    features = pd.DataFrame({"visits": [1.0] * 9 + list(range(2, 42))})
    churned = pd.Series([True] * 9 + [False] * 40)
    with pytest.raises(
        UnusableTableError,
        match=r"table.csv has 1 rows with left=Yes and 40 without, counting identical rows once.* "
        r"5 folds need at least 5 of each.*lower own_table.folds",
    ):
        assign_folds(features, churned, PARAMS)


@pytest.mark.parametrize("churners", [5, 6, 7])
def test_every_fold_has_both_classes_when_churners_are_few(churners: int) -> None:
    features, _ = make_rows(300, 10**9)
    churned = pd.Series(np.arange(300) < churners)
    split = assign_folds(features, churned, PARAMS)
    assert split[churned].nunique() == 5
