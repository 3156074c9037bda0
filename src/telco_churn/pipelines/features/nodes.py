"""Describes customers as they were known on the morning of a date.

In: snapshots and primary tables. Out: groups of features, one row per snapshot each; put together,
`customer_features`; and what each feature means. All tables are expressions: the engine computes.
"""

from collections.abc import Callable
from datetime import date

import ibis.expr.types as ir
import pandas as pd

from kedro_asof.windows.aggregate import aggregate_windows
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.features.snapshots import KEY
from telco_churn.pipelines.features.static_features import STATIC_FEATURES

DECIMALS = 6

Aggregate = Callable[[ir.Table, list[date], ir.Table, FeatureParams], ir.Table]


def aggregate_events(table: str) -> Aggregate:
    """Make the node function that computes the windowed features of one event table."""

    def aggregate(
        snapshots: ir.Table, dates: list[date], events: ir.Table, features: FeatureParams
    ) -> ir.Table:
        """Compute the windowed features of one event table."""
        return aggregate_windows(snapshots, dates, events, features.windows[table], table)

    return aggregate


def assemble_features(snapshots: ir.Table, *groups: ir.Table) -> ir.Table:
    """Join groups of features into one row per snapshot; what a group does not know is null.

    Fractions are rounded: the order in which an engine adds numbers up shows in their last digits,
    and the same date must give the same features. All numbers are doubles, counts too: that is what
    a model reads, and MLflow refuses whole numbers where a model was signed with doubles.
    """
    features = snapshots
    for group in groups:
        features = features.left_join(group, list(KEY)).drop(*(f"{column}_right" for column in KEY))
    numbers = {name: kind for name, kind in features.schema().items() if kind.is_numeric()}
    return features.mutate(
        **{
            name: features[name].round(DECIMALS)
            if kind.is_floating()
            else features[name].cast("float64")
            for name, kind in numbers.items()
        }
    )


def describe_features(features: FeatureParams) -> pd.DataFrame:
    """Say of each feature what it means, in which unit, from which table and over which days.

    Returns:
        `name`, `meaning`, `unit`, `source_table`, `window`, in the order of the features.
    """
    looked_up: list[dict[str, object]] = [
        {"name": name, "meaning": meaning, "unit": unit, "source_table": lookup.table, "window": ""}
        for lookup in STATIC_FEATURES
        for name, (meaning, unit) in lookup.features.items()
    ]
    declared: list[dict[str, object]] = [
        {
            "name": feature.name,
            "meaning": feature.meaning,
            "unit": features.windows[feature.table].unit_of(feature),
            "source_table": feature.table,
            "window": f"{feature.days} days",
        }
        for feature in features.list_features()
    ]
    return pd.DataFrame(looked_up + declared)


def write_dictionary(data_dictionary: pd.DataFrame) -> str:
    """Write the data dictionary as a page."""
    shown = data_dictionary.assign(name="`" + data_dictionary["name"] + "`")
    rows = [list(shown.columns), ["---"] * len(shown.columns), *shown.to_numpy().tolist()]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return (
        "# Data dictionary\n\n"
        "What each feature of `customer_features` means, as known on the morning of `as_of`. A\n"
        "window ends on the day before. Made by `kedro run --pipelines features`; windows are\n"
        f"declared in `conf/base/parameters/features.yml`.\n\n{table}\n"
    )
