"""Feature encoding, equal in training and scoring. In: a frame of features. Out: a matrix."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from telco_churn.model.model_errors import ModelInputError

Matrix = npt.NDArray[np.float64]

# Names that pandas gives to numbers in a column of type object, such as nullable booleans.
NUMBERS = {"boolean", "integer", "floating", "mixed-integer-float", "decimal"}


class FeatureMismatchError(ModelInputError):
    """A feature frame has wrong columns or types, or infinite values."""


@dataclass(frozen=True)
class FeatureEncoding:
    """The columns that a model reads, and the categories of text columns.

    Attributes:
        numeric: Columns read as numbers, including booleans but not dates.
        categories: Columns read as text, with the values seen in training; a category's code is
            its position.
    """

    numeric: tuple[str, ...]
    categories: dict[str, tuple[str, ...]]

    @classmethod
    def fit(cls, features: pd.DataFrame) -> "FeatureEncoding":
        """Learn columns and categories; numbers and booleans are numeric, all others are text.

        A column without any value is numeric, unless its type is a text type.
        """
        numeric = tuple(
            str(column)
            for column in features.columns
            if _is_number(features[column]) or _is_untyped(features[column])
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
        """Names of all columns, in the order of the matrix."""
        return [*self.numeric, *self.categories]

    @property
    def categorical_positions(self) -> list[int]:
        """Positions of the text columns in the matrix."""
        return list(range(len(self.numeric), len(self.columns)))

    def encode(self, features: pd.DataFrame) -> Matrix:
        """Encode a frame of shape `(rows, columns)`.

        Args:
            features: Exactly the columns of the encoding, in any order.

        Returns:
            A matrix of shape `(rows, columns)`; missing values and unseen categories are NaN.

        Raises:
            FeatureMismatchError: If columns are missing, extra or mistyped, or values infinite.
        """
        self._check_columns(features)
        matrix = np.empty((len(features), len(self.columns)), order="F")
        for position, column in enumerate(self.numeric):
            matrix[:, position] = _read_numbers(features[column])
        for position, (column, values) in enumerate(self.categories.items(), len(self.numeric)):
            matrix[:, position] = _encode_category(features[column], values)
        self._refuse_infinite(matrix)
        return matrix

    def as_model_input(self, features: pd.DataFrame) -> pd.DataFrame:
        """Cast to the types that the model computes with, float64 and text; missing values stay."""
        self._check_columns(features)
        numbers = {column: features[column].astype("float64") for column in self.numeric}
        texts = {column: features[column].astype("str") for column in self.categories}
        return pd.DataFrame(numbers | texts, index=features.index)

    def _check_columns(self, features: pd.DataFrame) -> None:
        missing = [column for column in self.columns if column not in features.columns]
        extra = [column for column in features.columns if column not in self.columns]
        no_numbers = [
            f"{column} ({features[column].dtype})"
            for column in self.numeric
            if column in features.columns and not _can_be_number(features[column])
        ]
        no_text = [
            f"{column} ({features[column].dtype})"
            for column, values in self.categories.items()
            if column in features.columns and values and not _can_be_text(features[column])
        ]
        if missing or extra or no_numbers or no_text:
            raise FeatureMismatchError(
                f"Invalid feature frame: missing {missing}, extra {extra}, not numbers "
                f"{no_numbers}, not text {no_text}. The model expects the numbers "
                f"{list(self.numeric)} and the texts {list(self.categories)}. Compute the features "
                "with the parameters of the model's training run, or train a new model."
            )

    def _refuse_infinite(self, matrix: Matrix) -> None:
        if not np.isinf(matrix).any():
            return
        infinite = pd.Series(np.isinf(matrix).sum(axis=0), index=self.columns)
        rows = infinite[infinite > 0].to_dict()
        raise FeatureMismatchError(
            f"Invalid feature frame: infinite values, number of rows by column: {rows}; expected "
            "finite or missing values. Check the features for a division by zero."
        )


def cast_to_signature(features: pd.DataFrame) -> pd.DataFrame:
    """Cast numbers and booleans to float64 and all others to text; missing values stay."""
    return features.astype(
        {
            column: "float64" if _is_number(features[column]) else "str"
            for column in features.columns
        }
    )


def _is_number(values: pd.Series) -> bool:
    if values.dtype == object:
        return pd.api.types.infer_dtype(values, skipna=True) in NUMBERS
    return pd.api.types.is_numeric_dtype(values)


def _is_untyped(values: pd.Series) -> bool:
    return bool(values.dtype == object and len(values) and values.isna().all())


def _can_be_number(values: pd.Series) -> bool:
    return _is_number(values) or bool(values.isna().all())


def _can_be_text(values: pd.Series) -> bool:
    return not _is_number(values) or bool(values.isna().all())


def _read_numbers(values: pd.Series) -> npt.NDArray[np.float64] | float:
    return values.to_numpy(np.float64, na_value=np.nan) if _is_number(values) else np.nan


def _encode_category(values: pd.Series, known: Sequence[str]) -> npt.NDArray[np.float64]:
    texts = pa.array(values.astype("str"), pa.large_string(), from_pandas=True)
    codes = pc.index_in(texts, pa.array(known, pa.large_string()))
    return codes.cast(pa.float64()).to_numpy(zero_copy_only=False)
