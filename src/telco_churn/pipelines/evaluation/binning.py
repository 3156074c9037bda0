"""Values of a feature as the names of slices."""

from itertools import pairwise

import numpy as np
import pandas as pd

NOT_KNOWN = "not known"
BANDS = 4
MOST_DECIMALS = 12


def name_slices(values: pd.Series) -> pd.Series:
    """Name the slice of each row, in an ordered category, "not known" last.

    Numbers are cut at their quartiles ("0 to 180": above 0, up to 180; the lowest band has its
    lower end too); four different numbers or fewer, text and booleans stay as they are.
    """
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if is_number and values.nunique() > BANDS:
        named, names = _cut(values)
    else:
        named, names = _write_out(values, is_number=is_number)
    lacking = [NOT_KNOWN] if named.isna().any() and NOT_KNOWN not in names else []
    return pd.Series(
        pd.Categorical(named.fillna(NOT_KNOWN), [*names, *lacking], ordered=True),
        index=values.index,
    )


def _cut(values: pd.Series) -> tuple[pd.Series, list[str]]:
    numbers = values.astype("float64")
    edges = np.unique(numbers.quantile(np.linspace(0, 1, BANDS + 1)).to_numpy())
    texts = _write_edges(edges)
    names = [f"{low} to {high}" for low, high in pairwise(texts)]
    cut = pd.cut(numbers, edges.tolist(), labels=names, include_lowest=True)
    return cut.astype("str").where(cut.notna()), names


def _write_edges(edges: np.ndarray) -> list[str]:
    """Round to as few decimals as tell the edges apart."""
    for decimals in range(MOST_DECIMALS):
        texts = [f"{edge:,.{decimals}f}" for edge in edges]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(float(edge)) for edge in edges]


def _write_out(values: pd.Series, *, is_number: bool) -> tuple[pd.Series, list[str]]:
    found = sorted(values.dropna().unique())
    texts = {value: f"{value:g}" if is_number else str(value) for value in found}
    return values.astype("object").map(texts).astype("str"), list(dict.fromkeys(texts.values()))
