"""Ingestion written by hand in DuckDB SQL, compared with this project's."""

import shutil
from collections import Counter
from datetime import date
from math import nan
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.ingestion_duckdb import ingest
from benchmarks.weekly_agreement import find_differences
from benchmarks.weekly_inputs import EVENTS, WHOLE
from kedro_asof.contracts.row_rules import key_columns
from telco_churn.parameters.simulation import MessParams
from telco_churn.pipelines.ingestion import nodes, reports
from telco_churn.pipelines.ingestion.row_checks import check_rows, drop_bookkeeping
from tests.conftest import ZONE, ProjectCopy, simulate_tables, simulation_params
from tests.kedro_asof.fixtures import Put
from tests.pipelines.ingestion.small_deliveries import PARAMS, Ingestion

MESS = MessParams(duplicate_fraction=0.05, impossible_fraction=0.05, unknown_customer_fraction=0.05)
LONG_AGO = date(1949, 12, 31)
TOO_LONG = "x" * 129
# Changes of the first rows of a table, each of which is delivered in addition.
CHANGES: dict[str, list[dict[str, Any]]] = {
    "customers": [
        {"customer_id": " "},
        {"customer_id": None},
        {"customer_id": None},
        {"signed_up_on": LONG_AGO},
        {"region": "elsewhere"},  # another row with the key of a sound one
        {"age_band": None, "customer_id": TOO_LONG},
    ],
    "subscriptions": [
        {"plan": "another"},
        {"contract_months": 61},
        {"monthly_price": nan},
        {"technology": "pigeon"},
        {"valid_from": None},
    ],
    "usage": [
        {"day": None},
        {"day": None},
        {"day": LONG_AGO},
        {"data_mb": 0.5},
        {"data_mb": nan},
        {"sms_count": -1, "customer_id": "stranger"},
        {"customer_id": None},
        {"customer_id": TOO_LONG},
    ],
    "invoices": [
        {"paid_on": LONG_AGO},
        {"paid_on": LONG_AGO, "invoice_id": "once"},
        {"paid_on": LONG_AGO, "amount": -2_000.0},
        {"due_on": LONG_AGO},
        {"due_on": date(2099, 1, 1)},
        {"invoice_id": None},
    ],
    "contacts": [
        {"satisfaction": 6},
        {"resolved_on": LONG_AGO, "satisfaction": 0, "contact_id": "once"},
        {"resolved_on": LONG_AGO, "contact_id": "twice"},
        {"channel": "pigeon"},
        {"contact_id": "\t"},
    ],
    "cancellations": [{"reason": "another"}, {"reason": " "}, {"cancelled_on": LONG_AGO}],
}


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the raw tables of an operator, and what the SQL makes of them."""
    folder = tmp_path_factory.mktemp("operator")
    for name, table in simulate_tables(simulation_params(customers=200, mess=MESS)).items():
        (folder / "01_raw" / name).mkdir(parents=True)
        rows = table.slice(0, len(CHANGES.get(name, []))).to_pylist()
        changed = [row | change for row, change in zip(rows, CHANGES.get(name, []), strict=True)]
        changed += changed[-1:]  # one of them twice
        messy = pa.concat_tables([table, pa.Table.from_pylist(changed, table.schema)])
        pq.write_table(messy, folder / "01_raw" / name / "part-00000.parquet")
    ingest(folder / "01_raw", folder / "by_hand")
    return folder


@pytest.mark.parametrize("name", EVENTS)
def test_events_ingested_by_hand_agree(name: str, operator: Path) -> None:
    trusted = pq.read_table(operator / "by_hand" / "customers.parquet")["customer_id"].to_pylist()
    ingestion = Ingestion(operator, name)

    change = ingestion.run(trusted)

    checked = ingestion.open_checked().load()
    report = reports.report_ingestion(**{name: checked, f"{name}_change": change})
    rules = Counter(rule for _, _, rule, _ in ingestion.read_rejected().elements())
    _compare(operator, name, report, rules, ingestion.read_kept())


@pytest.mark.parametrize("name", WHOLE)
def test_tables_delivered_whole_agree(name: str, operator: Path, put: Put) -> None:
    contracts = {each: PARAMS.tables[each].contract for each in WHOLE}
    raw = {each: pq.read_table(operator / "01_raw" / each) for each in WHOLE}
    customers = check_rows(put(raw["customers"]), contracts["customers"], ZONE)
    checked = customers
    if name != "customers":
        checked = check_rows(put(raw[name]), contracts[name], ZONE, customers)

    rejected = nodes.collect_rejected_rows(contracts)(**{name: checked}).to_pandas()
    kept = drop_bookkeeping(checked.filter(checked.broken_rule.isnull())).to_pandas()
    report = reports.report_ingestion(**{name: checked})
    _compare(operator, name, report, Counter(rejected["rule"]), kept)


def _compare(
    operator: Path, name: str, report: pd.DataFrame, rules: Counter[str], kept: pd.DataFrame
) -> None:
    by_hand = operator / "by_hand"
    counts = pd.read_parquet(by_hand / "counts.parquet").query("table == @name")
    rejected = pd.read_parquet(by_hand / "rejected_rows.parquet").query("table == @name")
    files = f"{by_hand}/{name}/*/*.parquet" if name in EVENTS else f"{by_hand}/{name}.parquet"
    trusted = duckdb.sql(
        f"FROM read_parquet('{files}', hive_partitioning = false)"
    ).to_arrow_table()
    ours, theirs = (
        dict(zip(each["outcome"], each["rows"], strict=True)) for each in (report, counts)
    )
    key = key_columns(PARAMS.tables[name].contract)

    assert theirs == ours
    assert Counter(rejected["rule"]) == rules
    assert len(rules) > 2
    pd.testing.assert_frame_equal(
        ibis.memtable(trusted).to_pandas().sort_values(key, ignore_index=True)[list(kept.columns)],
        kept.sort_values(key, ignore_index=True),
    )


def test_the_pipeline_and_the_sql_agree_until_a_month_is_lost(
    finished_project: ProjectCopy, tmp_path: Path
) -> None:
    ingest(finished_project.data / "01_raw", tmp_path / "by_hand")
    assert find_differences(finished_project.data, tmp_path / "by_hand") == []

    shutil.rmtree(next((tmp_path / "by_hand" / "usage").iterdir()))

    (difference,) = find_differences(finished_project.data, tmp_path / "by_hand")
    assert difference.startswith("usage, trusted: ")
