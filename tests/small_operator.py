"""A small operator in an engine, and its features, without Kedro."""

from collections.abc import Callable
from datetime import date

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from telco_churn.contracts import IDENTIFIERS
from telco_churn.pipelines.features import nodes
from telco_churn.pipelines.features.snapshots import snapshot_customers
from tests.conftest import feature_params

Put = Callable[[pa.Table], ir.Table]


def compute_features(tables: dict[str, pa.Table], dates: list[date], put: Put) -> pd.DataFrame:
    """The features of all customers on some dates, as the features pipeline computes them."""
    operator = {name: put(table) for name, table in tables.items() if name != "true_hazard"}
    return feature_expression(operator, dates).order_by(["as_of", "customer_id"]).to_pandas()


def feature_expression(operator: dict[str, ir.Table], dates: list[date]) -> ir.Table:
    personal = [column for column in IDENTIFIERS if column in operator["customers"].columns]
    customers = operator["customers"].drop(*personal)
    params = feature_params()
    snapshots = snapshot_customers(dates, customers, operator["cancellations"])
    return nodes.assemble_features(
        snapshots,
        nodes.describe_customers(snapshots, customers),
        nodes.describe_subscriptions(snapshots, operator["subscriptions"]),
        nodes.aggregate_usage(snapshots, operator["usage"], params),
        nodes.aggregate_contacts(snapshots, operator["contacts"], params),
        nodes.aggregate_invoices(snapshots, operator["invoices"], params),
        nodes.measure_bill_shock(snapshots, operator["invoices"]),
    )
