"""Rows both to learn from and to judge by: a model knows them by heart and forecasts nothing.

In: examples in memory. Out: which rows are shared, which of them to leave out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.parameters.leakage import LeakageParams
from telco_churn.pipelines.training.leaks.finding import Finding
from telco_churn.training_data.training_examples import NOT_FEATURES, are_in_folds

ALL_FEATURES, CUSTOMER_AND_DATE = "all features", "customer_id and as_of"
SHARED_ROWS = "shared_rows"
KEY = ["customer_id", "as_of"]
LEARNT_FROM = ("train", "calibration")
COINCIDENCE_ROWS = 10_000  # enough to know how often two customers agree in a feature

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SharedRows:
    """Rows that are alike and stand on both sides of a split, or in different folds.

    Attributes:
        judged: Shape `(rows,)`; the test rows, in folds all.
        shared: Shape `(rows,)`; rows with a twin on the other side.
        surplus: Shape `(rows,)`; those of them to leave out, so that nothing is shared any more
            and the test rows stay; of folds the first keeps its rows.
    """

    judged: Mask
    shared: Mask
    surplus: Mask

    @property
    def count(self) -> int:
        """How many of the judged rows are shared."""
        return int((self.judged & self.shared).sum())

    @property
    def share(self) -> float:
        """Of the judged rows."""
        return self.count / max(int(self.judged.sum()), 1)


def find_shared_rows(examples: pd.DataFrame, columns: Sequence[str]) -> SharedRows:
    """Find rows that agree in all these columns, missing values included, across the split."""
    split = examples["split"].astype("str")
    is_used = (split != "gap").to_numpy(bool)
    in_folds = are_in_folds(examples)
    judged = is_used if in_folds else (split == "test").to_numpy(bool)
    part = split.where(~split.isin(LEARNT_FROM), "a part to learn from")
    content = pd.util.hash_pandas_object(examples[list(columns)], index=False)
    repeated = (content.duplicated(keep=False) & is_used).to_numpy(bool)
    parts = pd.Series(pd.factorize(part[repeated], sort=True)[0])
    twins = parts.groupby(content[repeated].to_numpy())
    first, last = twins.transform("min"), twins.transform("max")
    shared, surplus = np.zeros((2, len(examples)), bool)
    shared[repeated] = first != last
    surplus[repeated] = (first != last) & ((parts != first) if in_folds else ~judged[repeated])
    return SharedRows(judged, shared, surplus)


def find_same_features(examples: pd.DataFrame, leakage: LeakageParams, seed: int) -> Finding | None:
    """Look for judged rows whose features a model has seen, unless coincidence explains it."""
    features = list_features(examples)
    if not features:
        return None
    twins = find_shared_rows(examples, features)
    limit = leakage.max_shared_rows
    if twins.share <= limit or _expect_coincidences(examples[features], seed) >= limit:
        return None
    evidence = (
        f"{twins.count:,} of {twins.judged.sum():,} rows that judge the model ({twins.share:.1%}) "
        f"agree in all {len(features)} features with rows that it learns from."
    )
    return Finding(ALL_FEATURES, SHARED_ROWS, evidence, twins.share, limit)


def find_same_keys(examples: pd.DataFrame) -> Finding | None:
    """Look for judged rows whose customer and date a model has seen."""
    twins = find_shared_rows(examples, KEY)
    if not twins.count:
        return None
    evidence = (
        f"{twins.count:,} of {twins.judged.sum():,} rows that judge the model are of a customer "
        "and date that it also learns from."
    )
    return Finding(CUSTOMER_AND_DATE, SHARED_ROWS, evidence, twins.share, 0.0)


def list_features(examples: pd.DataFrame) -> list[str]:
    """Name the features of examples."""
    return [column for column in examples.columns if column not in NOT_FEATURES]


def _expect_coincidences(features: pd.DataFrame, seed: int) -> float:
    """Chance of a row to have a twin only because features are few and coarse.

    It takes features as independent of each other: the chance that two rows agree in one,
    multiplied over the features, times the rows there are.
    """
    drawn = features.sample(min(COINCIDENCE_ROWS, len(features)), random_state=seed)
    shares = [drawn[column].value_counts(normalize=True, dropna=False) for column in drawn]
    agreement = [np.square(share.to_numpy(np.float64)).sum() for share in shares]
    return float(min(1.0, len(features) * np.prod(agreement)))
