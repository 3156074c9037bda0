"""Compares two tables of features.

In: two Parquet files, one row per customer. Out: their differences, in words.
"""

from pathlib import Path

import numpy as np
import pandas as pd

TOLERANCE = 1e-6


def find_differences(expected: Path, found: Path) -> list[str]:
    """List the columns in which two tables of features differ, each with an example customer.

    Returns:
        Nothing if customers, columns and values are equal, numbers within 1e-6.
    """
    ours, theirs = _read(expected), _read(found)
    if set(ours.columns) != set(theirs.columns):
        return [f"columns {sorted(set(ours.columns) ^ set(theirs.columns))}"]
    if not ours.index.equals(theirs.index):
        strangers = ours.index.symmetric_difference(theirs.index)
        return [f"{len(strangers)} customers, for example {list(strangers[:3])}"]
    return [
        f"{name} in {differs.sum():,} rows, for example {ours.index[differs][0]}: "
        f"{ours[name][differs].iloc[0]} and {theirs[name][differs].iloc[0]}"
        for name in ours.columns
        if (differs := _differ(ours[name], theirs[name])).any()
    ]


def _read(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path).set_index("customer_id").sort_index()


def _differ(ours: pd.Series, theirs: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(ours):
        left, right = (values.astype("float64").to_numpy() for values in (ours, theirs))
        return ~np.isclose(left, right, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
    left, right = (values.astype("str").to_numpy() for values in (ours, theirs))
    return left != right
