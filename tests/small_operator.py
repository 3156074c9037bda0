"""A small operator in an engine, and its features, without Kedro."""

from collections.abc import Callable
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from telco_churn.contracts import IDENTIFIERS
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.features import nodes
from telco_churn.pipelines.features.snapshots import snapshot_customers
from telco_churn.pipelines.features.static_features import STATIC_FEATURES
from tests.conftest import eligibility_params, feature_params, label_params

Put = Callable[[pa.Table], ir.Table]


_questions: dict[tuple[object, ...], tuple[ir.Table, str]] = {}


def compute_features(
    tables: dict[str, pa.Table], dates: list[date], engine: ibis.BaseBackend
) -> pd.DataFrame:
    """The features of all customers on some dates, as the features pipeline computes them.

    ibis takes ten times as long to write the SQL as DuckDB to answer it, so the SQL for the same
    columns and dates is kept, with the expression that owns its tables in memory.
    """
    operator = {
        name: engine.create_table(f"small_{name}", table, temp=True, overwrite=True)
        for name, table in tables.items()
        if name != "true_hazard"
    }
    question = (*dates, *((name, table.schema()) for name, table in operator.items()))
    if question not in _questions:
        features = feature_expression(operator, dates).order_by(["as_of", "customer_id"])
        features.to_pandas()
        _questions[question] = features, ibis.to_sql(features)
    return engine.raw_sql(_questions[question][1]).df()


def feature_expression(
    operator: dict[str, ir.Table], dates: list[date], features: FeatureParams | None = None
) -> ir.Table:
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
            nodes.aggregate_events(table)(snapshots, dates, operator[table], features)
            for table in features.windows
        ],
    )
