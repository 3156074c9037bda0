"""Summarize the training examples.

In: examples. Out: examples_summary, with rows by split, the label horizon and a fingerprint.
"""

from dataclasses import dataclass
from datetime import date

import pandas as pd

from telco_churn.learning.training_examples import FOLD, fingerprint_examples
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.own_table import OwnTableParams

FOLDS = "folds"
PURPOSES = ["train", "gap", "calibration", "test", FOLDS]


@dataclass(frozen=True)
class ExamplesSummary:
    """Counts and fingerprint of the training examples.

    Attributes:
        splits: One row per split, in order of time: `split` (train, gap, calibration, test or
            folds), `rows`, `customers`, `churned`, `dates`, `first` and `last` as text.
        horizon_days: Days from a row's date until its label is known.
        fingerprint: Digest of every value; see `fingerprint_examples`.
    """

    splits: pd.DataFrame
    horizon_days: int
    fingerprint: str

    @property
    def are_in_folds(self) -> bool:
        """Whether the examples are split into folds, so that every row is held out once."""
        return FOLDS in set(self.splits["split"])

    @property
    def first_test_date(self) -> date:
        """Return the first test date; only for a split by time."""
        return date.fromisoformat(str(self.splits.set_index("split").loc["test", "first"]))


def describe_examples(examples: pd.DataFrame, label: LabelParams) -> ExamplesSummary:
    """Count the rows of each split, and compute a fingerprint."""
    return _describe(examples, label.horizon_days)


def describe_table_examples(
    examples: pd.DataFrame, label: LabelParams, own_table: OwnTableParams
) -> ExamplesSummary:
    """Summarize the examples of a flat table, which may configure its own label horizon."""
    return _describe(examples, own_table.find_gap(label))


def _describe(examples: pd.DataFrame, horizon_days: int) -> ExamplesSummary:
    purpose = examples["split"].mask(examples["split"].str.startswith(FOLD), FOLDS)
    by_purpose = examples.groupby(purpose)
    splits = by_purpose.agg(
        rows=("churned", "size"),
        customers=("customer_id", "nunique"),
        churned=("churned", "sum"),
        dates=("as_of", "nunique"),
        first=("as_of", _name_first_day),
        last=("as_of", _name_last_day),
    ).reset_index()
    ordered = splits.sort_values("split", key=lambda name: name.map(PURPOSES.index))
    return ExamplesSummary(
        ordered.reset_index(drop=True), horizon_days, fingerprint_examples(examples)
    )


def _name_first_day(dates: pd.Series) -> str:
    return f"{dates.min():%Y-%m-%d}"


def _name_last_day(dates: pd.Series) -> str:
    return f"{dates.max():%Y-%m-%d}"
