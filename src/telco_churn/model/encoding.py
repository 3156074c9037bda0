"""Turns a feature frame into the matrix of a booster, the same way in training and scoring."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from telco_churn.errors import InputError

Matrix = npt.NDArray[np.float64]


class FeatureMismatchError(InputError):
    """A feature frame does not have the columns or types that the model was trained on."""


@dataclass(frozen=True)
class FeatureEncoding:
    """Which columns a model reads, and the number of each category.

    Attributes:
        numeric: Columns read as numbers; dates and booleans are not.
        categories: Columns read as text, each with the values seen in training.
    """

    numeric: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @classmethod
    def fit(cls, features: pd.DataFrame) -> "FeatureEncoding":
        """Learn columns and categories; numbers and booleans are numeric, all else text."""
        numeric = tuple(
            column for column in features.columns if pd.api.types.is_numeric_dtype(features[column])
        )
        text = [column for column in features.columns if column not in numeric]
        return cls(
            numeric,
            {
                column: tuple(sorted(features[column].dropna().astype(str).unique()))
                for column in text
            },
        )

    @property
    def columns(self) -> list[str]:
        """All columns, in the order of the matrix."""
        return [*self.numeric, *self.categories]

    @property
    def categorical_positions(self) -> list[int]:
        """Where in the matrix the categories are."""
        return list(range(len(self.numeric), len(self.columns)))

    def encode(self, features: pd.DataFrame) -> Matrix:
        """Encode a frame of shape `(rows, columns)`.

        Args:
            features: Must have every column of the encoding, in any order, and no other.

        Returns:
            Shape `(rows, columns)`; missing values and categories never seen are NaN.

        Raises:
            FeatureMismatchError: Names missing, extra and mistyped columns.
        """
        self._check(features)
        numbers = [
            features[column].to_numpy(np.float64, na_value=np.nan) for column in self.numeric
        ]
        codes = [
            _encode_category(features[column], values) for column, values in self.categories.items()
        ]
        return np.column_stack([*numbers, *codes])

    def as_model_input(self, features: pd.DataFrame) -> pd.DataFrame:
        """Cast to the types of the model's signature: float64 and text."""
        self._check(features)
        return cast_to_signature(features[self.columns])

    def _check(self, features: pd.DataFrame) -> None:
        missing = [column for column in self.columns if column not in features.columns]
        extra = [column for column in features.columns if column not in self.columns]
        mistyped = [
            f"{column} ({features[column].dtype})"
            for column in self.numeric
            if column in features.columns and not pd.api.types.is_numeric_dtype(features[column])
        ]
        if missing or extra or mistyped:
            raise FeatureMismatchError(
                f"The feature frame does not fit the model: missing {missing}, extra {extra}, not "
                f"numbers {mistyped}. The model reads {self.columns}. Compute features with the "
                "parameters that it was trained with, or train again."
            )


def cast_to_signature(features: pd.DataFrame) -> pd.DataFrame:
    """Cast numbers and booleans to float64 and all else to text, missing values kept."""
    return features.astype(
        {
            column: "float64" if pd.api.types.is_numeric_dtype(features[column]) else "str"
            for column in features.columns
        }
    )


def _encode_category(values: pd.Series, known: Sequence[str]) -> npt.NDArray[np.float64]:
    codes = pd.Index(list(known), dtype="str").get_indexer(pd.Index(values.astype("str")))
    return np.where(codes < 0, np.nan, codes)
