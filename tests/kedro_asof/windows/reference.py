"""A simple, slow reference for the windowed features, computed row by row."""

from datetime import date
from typing import Any

import pandas as pd

from kedro_asof.windows.declaration import WindowFeature, WindowParams


def compute_feature(
    feature: WindowFeature,
    window: WindowParams,
    events: list[dict[str, Any]],
    customer: str,
    as_of: date,
) -> float:
    """Compute one feature of one snapshot; NaN for a null."""
    known = [
        row
        for row in events
        if row["customer_id"] == customer and _is_known(row, feature, window, as_of)
    ]
    age = {id(row): (as_of - row[window.date]).days for row in known}
    recent = [row for row in known if 1 <= age[id(row)] <= feature.days]
    before = [row for row in known if feature.days < age[id(row)] <= 2 * feature.days]
    values = [row[feature.column] for row in recent if pd.notna(row[feature.column])]
    there = [row for row in recent if _is_there(row[feature.column], feature)]
    nothing = float("nan")
    then = [row[feature.column] for row in before if pd.notna(row[feature.column])]
    total = sum(values) + sum(then) if feature.statistic in ("sum", "mean", "trend") else 0
    return {
        "sum": lambda: sum(values),
        "mean": lambda: sum(values) / len(values) if values else nothing,
        "max": lambda: max(values, default=nothing),
        "count": lambda: len(values) if feature.category is None else len(there),
        "share": lambda: len(there) / len(values) if values else nothing,
        "active_days": lambda: len({row[window.date] for row in there}),
        "days_since_last": lambda: min((age[id(row)] for row in there), default=nothing),
        "trend": lambda: (sum(values) - sum(then)) / total if total else nothing,
    }[feature.statistic]()


def _is_known(row: dict, feature: WindowFeature, window: WindowParams, as_of: date) -> bool:
    since = [row[window.date]]
    if feature.column in window.known_from:
        since.append(row[window.known_from[feature.column]])
    if "loaded_at" in row:
        since.append(row["loaded_at"])
    return all(pd.notna(day) and day < as_of for day in since)


def _is_there(value: object, feature: WindowFeature) -> bool:
    if pd.isna(value):
        return False
    if feature.category is not None:
        return value == feature.category
    return value > 0 if isinstance(value, int | float) else True
