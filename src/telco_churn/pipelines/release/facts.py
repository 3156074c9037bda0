"""Describes training examples without holding them.

In: examples. Out: how many rows there are for which purpose, and their fingerprints.
"""

from dataclasses import dataclass

import pandas as pd

from telco_churn.examples import FOLD, digest_examples, fingerprint_examples

FOLDS = "folds"
PURPOSES = ["train", "gap", "calibration", "test", FOLDS]


@dataclass(frozen=True)
class ExamplesFacts:
    """What there is to know of training examples without holding them.

    Attributes:
        splits: One row per purpose, by time: `split` (train, gap, calibration, test or folds),
            `rows`, `customers`, `churned`, `dates`, `first` and `last` as text.
        digest: Of the rows and columns, as `examples.digest_examples`.
        fingerprint: Of every value, as `examples.fingerprint_examples`.
    """

    splits: pd.DataFrame
    digest: str
    fingerprint: str

    @property
    def are_in_folds(self) -> bool:
        """Whether every row is held out once."""
        return FOLDS in set(self.splits["split"])


def describe_examples(examples: pd.DataFrame) -> ExamplesFacts:
    """Count the rows of each purpose, and take fingerprints."""
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
    return ExamplesFacts(
        ordered.reset_index(drop=True), digest_examples(examples), fingerprint_examples(examples)
    )


def _name_first_day(dates: pd.Series) -> str:
    return f"{dates.min():%Y-%m-%d}"


def _name_last_day(dates: pd.Series) -> str:
    return f"{dates.max():%Y-%m-%d}"
