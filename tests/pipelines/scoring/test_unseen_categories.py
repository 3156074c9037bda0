"""Categories that were not in the training data cause one warning per column."""

import logging
from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pytest

from telco_churn.parameters.scoring import ScoringParams
from telco_churn.pipelines.scoring import unseen_categories
from telco_churn.pipelines.scoring.nodes import predict_churn
from telco_churn.pipelines.scoring.unseen_categories import count_customers
from tests.conftest import as_of, decision_params
from tests.pipelines.release.small_models import make_features, make_version

DAY = "2026-09-28"


@pytest.fixture
def customers() -> pd.DataFrame:
    features = make_features(8, ("tenure_days", "visits", "plan"))
    keys = {"customer_id": list("abcdefgh"), "as_of": as_of(DAY).day}
    return features.assign(**keys)


@pytest.fixture(params=["listed in the query", "in a table"], autouse=True)
def most_listed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "in a table":
        monkeypatch.setattr(unseen_categories, "MOST_LISTED", 0)


def test_known_categories_and_missing_values_cause_no_warning(
    customers: pd.DataFrame, put: Callable[[pa.Table], ir.Table], caplog: pytest.LogCaptureFixture
) -> None:
    rows = customers.assign(plan=customers["plan"].mask(customers.index == 0))
    assert count_customers(put(pa.Table.from_pandas(rows)), make_version()) == 8
    assert caplog.text == ""


def test_an_unseen_category_is_warned_of_once_with_its_customers(
    customers: pd.DataFrame, put: Callable[[pa.Table], ir.Table], caplog: pytest.LogCaptureFixture
) -> None:
    plans = ["gold", "gold", "fibre", "silver", "copper", None, *customers["plan"][6:]]
    table = put(pa.Table.from_pandas(customers.assign(plan=plans)))
    scoring = ScoringParams(batch_rows=2, rescore=False)
    predicted = predict_churn(table, make_version(), as_of(DAY), scoring, decision_params())
    assert predicted.read_all().num_rows == 8
    (warning,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "5 of 8 customers have a value of plan" in warning.getMessage()
    assert "example ['gold', 'copper', 'fibre']:" in warning.getMessage()


def test_one_query_counts_where_nothing_is_unseen(
    customers: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    run = ir.Table.to_pyarrow

    def count(table: ir.Table, **options: object) -> pa.Table:
        asked.append(table)
        return run(table, **options)

    monkeypatch.setattr(ir.Table, "to_pyarrow", count)
    count_customers(ibis.memtable(customers), make_version())
    assert len(asked) == 1
