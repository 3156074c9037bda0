"""A small operator in an engine, and its features, without Kedro."""

from collections.abc import Callable
from datetime import date

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


def compute_features(tables: dict[str, pa.Table], dates: list[date], put: Put) -> pd.DataFrame:
    """The features of all customers on some dates, as the features pipeline computes them."""
    operator = {name: put(table) for name, table in tables.items() if name != "true_hazard"}
    return feature_expression(operator, dates).order_by(["as_of", "customer_id"]).to_pandas()


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
