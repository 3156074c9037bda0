"""Compute the features of customers from what was known on the morning of a date.

In: snapshots and primary tables. Out: groups of features with one row per snapshot, joined to
`customer_features`, and the data dictionary. All tables are expressions that the engine computes.
"""

from collections.abc import Callable
from datetime import date

import ibis.expr.types as ir
import pandas as pd

from kedro_asof.tiles.log import Tiles
from kedro_asof.windows.aggregate import NO_TILES, aggregate_windows
from kedro_asof.windows.point_in_time import left_join_all
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.features.snapshots import KEY
from telco_churn.pipelines.features.static_features import list_static_features
from telco_churn.pipelines.features.tiles import select_tiles

DECIMALS = 6

Aggregate = Callable[..., ir.Table]


def aggregate_events(table: str) -> Aggregate:
    """Return the node function that computes the windowed features of one event table."""

    def aggregate(
        snapshots: ir.Table,
        dates: list[date],
        events: ir.Table,
        features: FeatureParams,
        tiles: Tiles | None = None,
    ) -> ir.Table:
        """Compute the windowed features of one event table, from tiles where no window cuts one."""
        kept = select_tiles(table, tiles, events, features) if tiles else NO_TILES
        return aggregate_windows(snapshots, dates, events, features.windows[table], table, kept)

    return aggregate


def assemble_features(snapshots: ir.Table, *groups: ir.Table) -> ir.Table:
    """Join groups of features into one row per snapshot; a missing feature is null.

    Fractions are rounded, because their last digits depend on the order in which an engine adds
    numbers, and the same date must give the same features. All numbers become doubles, counts too:
    MLflow rejects integers if the model was signed with doubles.
    """
    features = left_join_all(snapshots, groups, KEY)
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
    """List the meaning, unit, source table and window of each feature.

    Returns:
        `name`, `meaning`, `unit`, `source_table`, `window`, in the order of the features.
    """
    looked_up: list[dict[str, object]] = [
        {"name": name, "meaning": meaning, "unit": unit, "source_table": lookup.table, "window": ""}
        for lookup in list_static_features(features.absent)
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


def title_features(data_dictionary: pd.DataFrame) -> dict[str, str]:
    """Return a title of each feature for plots, by name: its meaning up to the first colon."""
    meaning = data_dictionary["meaning"].str.partition(":")[0]
    titles = meaning.str[:1].str.upper() + meaning.str[1:]
    return dict(zip(data_dictionary["name"], titles, strict=True))


def write_dictionary(data_dictionary: pd.DataFrame) -> str:
    """Write the data dictionary as a Markdown page."""
    shown = data_dictionary.assign(name="`" + data_dictionary["name"] + "`")
    rows = [list(shown.columns), ["---"] * len(shown.columns), *shown.to_numpy().tolist()]
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    return (
        "# Data dictionary\n\n"
        "The meaning of each feature of `customer_features`, as known on the morning of `as_of`.\n"
        "A window ends on the day before `as_of`. Windows are declared in\n"
        "`conf/base/parameters/features.yml`. `kedro run --pipelines features` writes this page.\n"
        f"\n{table}\n"
    )
