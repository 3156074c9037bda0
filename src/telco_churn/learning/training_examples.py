"""Training examples in memory: in one order, with the rows of each purpose, and their fingerprints.

In: training_examples. Out: pandas frames and `Rows`.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.errors import InputError

logger = logging.getLogger(__name__)

NOT_FEATURES = ["customer_id", "as_of", "churned", "split"]
FOLD = "fold_"  # a split's name begins so where rows are judged in turn, not by time


class UnfitExamplesError(InputError):
    """The examples cannot train or judge a model."""


@dataclass(frozen=True)
class Rows:
    """Features and what came of them, row by row."""

    features: pd.DataFrame
    churned: npt.NDArray[np.bool_]


def read_examples(training_examples: ir.Table) -> pd.DataFrame:
    """Read examples in an order that no engine's parallelism changes: LightGBM sees the order.

    Returns:
        The same rows by `as_of` and `customer_id`, in memory once for all nodes.
    """
    order = [("as_of", "ascending"), ("customer_id", "ascending")]
    examples = training_examples.to_pyarrow().sort_by(order)
    return examples.to_pandas(date_as_object=False)


def are_in_folds(examples: pd.DataFrame) -> bool:
    """Whether every row is held out once, instead of the latest ones by time."""
    return bool(examples["split"].str.startswith(FOLD).any())


def select_rows(examples: pd.DataFrame, what: str) -> Rows:
    """Separate features from what came of them.

    Raises:
        UnfitExamplesError: When `what` has one class only.
    """
    churned = examples["churned"].to_numpy(bool)
    if len(np.unique(churned)) < 2:
        raise UnfitExamplesError(
            f"Of {what}, {churned.sum():,} of {len(churned):,} churned: some that did and some "
            "that did not are needed. Choose a later as_of, more snapshots or a longer "
            "label.horizon_days; on your own table, check own_table.target and own_table.positive."
        )
    return Rows(examples.drop(columns=NOT_FEATURES), churned)


def warn_of_unknown_features(parameter: str, named: Iterable[str], examples: pd.DataFrame) -> None:
    """Warn when a parameter names columns that are not features: they may be misspelt."""
    features = examples.columns.drop(NOT_FEATURES)
    unknown = [name for name in named if name not in features]
    if unknown:
        logger.warning(
            "%s names %s, which are no features and are passed over. There are %s.",
            parameter,
            unknown,
            list(features),
        )


def digest_rows(examples: pd.DataFrame) -> pd.Series:
    """Fingerprint of each row: who it is, what came of it, every feature.

    It leaves out the date and the split: in another table, on another day, it is the same row. No
    customer can be read out of it.

    Returns:
        Unsigned 64-bit numbers, in the order of the rows.
    """
    known = sorted(set(examples.columns) - {"as_of", "split"})
    return pd.util.hash_pandas_object(examples[known], index=False)


def fingerprint_examples(examples: pd.DataFrame) -> str:
    """Fingerprint of every value: what exactly a model was trained and judged on."""
    return _digest(list(examples.columns), examples)


def _digest(columns: list[str], rows: pd.DataFrame) -> str:
    hashed = pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()
    return hashlib.sha256(",".join(columns).encode() + hashed).hexdigest()
