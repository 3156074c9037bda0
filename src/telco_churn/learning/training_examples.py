"""Training examples in memory: reading, separating features from labels, and fingerprints.

In: the table `training_examples`. Out: pandas frames and `Rows`.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.errors import UnusableExamplesError

logger = logging.getLogger(__name__)

NOT_FEATURES = ["customer_id", "as_of", "churned", "split"]
FOLD = "fold_"  # prefix of the split names in cross-validation


@dataclass(frozen=True)
class Rows:
    """Features and labels of the same rows."""

    features: pd.DataFrame
    churned: npt.NDArray[np.bool_]


def read_examples(training_examples: ir.Table) -> pd.DataFrame:
    """Read the examples in a fixed order, because LightGBM's result depends on the order of rows.

    Returns:
        The same rows, sorted by `as_of` and `customer_id`.
    """
    order = [("as_of", "ascending"), ("customer_id", "ascending")]
    examples = training_examples.to_pyarrow().sort_by(order)
    return examples.to_pandas(date_as_object=False)


def are_in_folds(examples: pd.DataFrame) -> bool:
    """Return whether the split is a cross-validation, not a temporal split."""
    return bool(examples["split"].str.startswith(FOLD).any())


def select_rows(examples: pd.DataFrame, what: str) -> Rows:
    """Separate features from labels; `what` names the rows in the error message.

    Raises:
        UnusableExamplesError: If all rows churned or none did.
    """
    churned = examples["churned"].to_numpy(bool)
    if len(np.unique(churned)) < 2:
        raise UnusableExamplesError(
            f"Only one class in {what}: {churned.sum():,} of {len(churned):,} rows churned, "
            "expected churners and stayers. Choose a later as_of, more snapshots or a longer "
            "label.horizon_days; on your own table, check own_table.target and own_table.positive."
        )
    return Rows(examples.drop(columns=NOT_FEATURES), churned)


def warn_of_unknown_features(parameter: str, named: Iterable[str], examples: pd.DataFrame) -> None:
    """Log a warning if a parameter names columns that are not features."""
    features = examples.columns.drop(NOT_FEATURES)
    unknown = [name for name in named if name not in features]
    if unknown:
        logger.warning(
            "Unknown features in %s: ignored %s. Available features are %s.",
            parameter,
            unknown,
            list(features),
        )


def digest_rows(examples: pd.DataFrame) -> pd.Series:
    """Return a fingerprint of each row: customer, label and every feature.

    The date and the split do not count, so the same row has the same fingerprint in another table
    or on another date. The customer cannot be read from the fingerprint.

    Returns:
        Unsigned 64-bit numbers, in the order of the rows.
    """
    known = sorted(set(examples.columns) - {"as_of", "split"})
    return pd.util.hash_pandas_object(examples[known], index=False)


def fingerprint_examples(examples: pd.DataFrame) -> str:
    """Return a fingerprint of all values that a model was trained and evaluated on."""
    return _digest(list(examples.columns), examples)


def _digest(columns: list[str], rows: pd.DataFrame) -> str:
    hashed = pd.util.hash_pandas_object(rows, index=False).to_numpy().tobytes()
    return hashlib.sha256(",".join(columns).encode() + hashed).hexdigest()
