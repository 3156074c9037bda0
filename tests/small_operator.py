"""A small operator in an engine, and its features, without Kedro."""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from kedro_asof.tiles.tile import list_tile_weeks, summarize_weeks
from kedro_asof.windows.aggregate import NO_TILES, TiledWeeks, aggregate_windows
from kedro_asof.windows.declaration import WindowParams
from telco_churn.contracts import IDENTIFIERS
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.features import nodes
from telco_churn.pipelines.features.snapshots import snapshot_customers
from telco_churn.pipelines.features.static_features import STATIC_FEATURES
from telco_churn.pipelines.features.tiles import ENTITY
from tests.conftest import eligibility_params, feature_params, label_params
from tests.kedro_asof.fixtures import ask_engine


def compute_features(
    tables: dict[str, pa.Table],
    dates: list[date],
    engine: ibis.BaseBackend,
    tiled: Sequence[str] = (),
) -> pd.DataFrame:
    """Compute the features of all customers on some dates, as the features pipeline does."""
    operator = {name: table for name, table in tables.items() if name != "true_hazard"}

    def ask(operator: dict[str, ir.Table]) -> ir.Table:
        return feature_expression(operator, dates, tiled=tiled).order_by(["as_of", "customer_id"])

    return ask_engine(engine, operator, ask, "features", *tiled, *dates)


def feature_expression(
    operator: dict[str, ir.Table],
    dates: list[date],
    features: FeatureParams | None = None,
    tiled: Sequence[str] = (),
) -> ir.Table:
    """Return the features; those of the tables in `tiled` are computed from weekly tiles."""
    features = features or feature_params()
    personal = [column for column in IDENTIFIERS if column in operator["customers"].columns]
    operator = operator | {"customers": operator["customers"].drop(*personal)}
    snapshots = snapshot_customers(
        dates,
        operator["customers"],
        operator["cancellations"],
        eligibility_params(),
        label_params(),
        features,
    )
    return nodes.assemble_features(
        snapshots,
        *[lookup.function(snapshots, operator[lookup.table]) for lookup in STATIC_FEATURES],
        *[
            aggregate_windows(
                snapshots,
                dates,
                operator[table],
                window,
                table,
                make_tiles(operator[table], window, dates) if table in tiled else NO_TILES,
            )
            for table, window in features.windows.items()
        ],
    )


def make_tiles(events: ir.Table, window: WindowParams, dates: list[date]) -> TiledWeeks:
    """Return the tiles that dates need, on the weekday of the first date; none is kept on disk."""
    weeks = list_tile_weeks(dates, window, dates[0].weekday())

    def read(asked: Sequence[date]) -> ir.Table:
        return summarize_weeks(events, window, ENTITY, asked)

    return TiledWeeks(frozenset(weeks), read)
