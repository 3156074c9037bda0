"""One feature, counted: how many rows and how many who churned have each of its values.

In: a column and who churned. Out: a `Tally`, on which every question about a leak is cheap.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Labels = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """Rows and churners by value of a feature, in two halves of the rows.

    Attributes:
        feature: Its name.
        values: Shape `(values,)`; distinct, sorted where `is_ordered`.
        codes: Shape `(rows,)`; which value each row has, -1 where it is missing.
        is_ordered: Whether values have an order: numbers, booleans and dates do, text has none.
        halves: Shape `(1 + values, half, stayed or churned)`; the first is for missing.
    """

    feature: str
    values: npt.NDArray[Any]
    codes: Codes
    is_ordered: bool
    halves: Counts

    @cached_property
    def rows(self) -> Counts:
        """Of each value, the missing first."""
        return self.halves.sum(axis=(1, 2))

    @cached_property
    def churned(self) -> Counts:
        """Of each value, the missing first."""
        return self.halves[:, :, 1].sum(axis=1)


def count_values(values: pd.Series, churned: Labels, is_second_half: Labels) -> Tally:
    """Count rows by value, by half, by what came of them; all arguments of shape `(rows,)`."""
    codes, distinct, is_ordered = _encode(values)
    cells = (codes + 1) * 4 + is_second_half * 2 + churned
    halves = np.bincount(cells, minlength=4 * (len(distinct) + 1)).reshape(-1, 2, 2)
    return Tally(str(values.name), distinct, codes, is_ordered, halves)


def show(value: object) -> str:
    """Put a value of a feature into a sentence."""
    return f"{value:.6g}" if isinstance(value, float) else f"{str(value)[:40]!r}"


def _encode(values: pd.Series) -> tuple[Codes, npt.NDArray[Any], bool]:
    if values.dtype == object and pd.api.types.infer_dtype(values) in ("date", "datetime"):
        values = pd.to_datetime(values)
    if pd.api.types.is_datetime64_any_dtype(values):
        codes, days = pd.factorize(values, sort=True)
        return codes.astype(np.int64), np.asarray(days), True
    if not pd.api.types.is_numeric_dtype(values):
        codes, names = pd.factorize(values)
        return codes.astype(np.int64), np.asarray(names, dtype=object), False
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    is_present = ~np.isnan(numbers)
    distinct, present_codes = np.unique(numbers[is_present], return_inverse=True)
    codes = np.full(len(numbers), -1, dtype=np.int64)
    codes[is_present] = present_codes
    return codes, distinct, True
