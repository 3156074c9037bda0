"""However rows are cut into deliveries, the tables are those of one ingestion of everything."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from telco_churn.pipelines.ingestion import nodes, reports
from telco_churn.pipelines.ingestion.row_checks import check_rows, select_rejected
from tests.conftest import ZONE
from tests.pipelines.ingestion.small_deliveries import Ingestion, customers_table

IDS = ["a", "b", "c"]
DAYS = [date(2026, 1, 30), date(2026, 1, 31), date(2026, 2, 1)]
usage_rows = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from([*IDS, None]),
        "day": st.sampled_from([*DAYS, None, date(1900, 1, 1)]),
        "call_minutes": st.sampled_from([1.0, 2.0, -1.0]),
        "data_mb": st.sampled_from([5.0, None]),
        "sms_count": st.just(0),
        "dropped_calls": st.just(0),
        "outage_minutes": st.sampled_from([0, 7]),
        "loaded_at": st.sampled_from([datetime(2026, 2, 2), datetime(2026, 2, 3)]),
    }
)
invoice_rows = st.fixed_dictionaries(
    {
        "invoice_id": st.sampled_from(["i", "j", "k"]),
        "customer_id": st.sampled_from(IDS),
        "issued_on": st.sampled_from(DAYS),
        "due_on": st.just(date(2026, 2, 10)),
        "paid_on": st.sampled_from([None, date(2026, 2, 20), date(1900, 1, 1)]),
        "amount": st.sampled_from([10.0, 20.0, -9_999.0]),
    }
)
some_customers = st.sets(st.sampled_from(IDS), min_size=1).map(sorted)
FILES = ["p.parquet", "q.parquet", "r.parquet"]


def _plan(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw runs: files that are delivered or replaced, files that go, and the customers."""
    delivered = st.dictionaries(st.sampled_from(FILES), st.lists(rows, min_size=1, max_size=5))
    run = st.tuples(delivered, st.sets(st.sampled_from(FILES), max_size=1), some_customers)
    return st.lists(run, min_size=1, max_size=3)


@settings(max_examples=4, phases=[Phase.generate])
@given(runs=_plan(usage_rows))
def test_usage_is_that_of_one_ingestion(runs: list[Any], tmp_path_factory: Any) -> None:
    _compare("usage", runs, tmp_path_factory.mktemp("usage"))


@settings(max_examples=4, phases=[Phase.generate])
@given(runs=_plan(invoice_rows))
def test_invoices_are_those_of_one_ingestion(runs: list[Any], tmp_path_factory: Any) -> None:
    _compare("invoices", runs, tmp_path_factory.mktemp("invoices"))


@pytest.mark.slow
@settings(max_examples=80, phases=[Phase.generate])
@given(runs=st.one_of(_plan(usage_rows), _plan(invoice_rows)))
def test_tables_are_those_of_one_ingestion(runs: list[Any], tmp_path_factory: Any) -> None:
    rows = next((rows for delivered, _, _ in runs for rows in delivered.values()), [{"day": 0}])
    table = "usage" if "day" in rows[0] else "invoices"
    _compare(table, runs, tmp_path_factory.mktemp(table))


def _compare(name: str, runs: Sequence[Any], folder: Path) -> None:
    """Ingest run by run, and compare with one ingestion and with a table delivered whole."""
    steps, content = Ingestion(folder / "steps", name), {}
    for delivered, gone, customers in runs:
        for file in gone & {*content} - {*delivered}:
            if len(content) > 1:
                del content[file]
                (steps.raw / file).unlink()
        for file, rows in delivered.items():
            content[file] = rows
            steps.deliver(file, rows)
        if content:
            steps.run(customers)
    if not content:
        return
    customers = runs[-1][2]
    once = Ingestion(folder / "once", name)
    for file, rows in content.items():
        once.deliver(file, rows)
    planned = once.run(customers)
    pd.testing.assert_frame_equal(steps.read_kept(), once.read_kept())
    assert steps.read_rejected() == once.read_rejected()
    log = steps.read_log().drop(columns=["ingested_at", "delivered_at"])
    pd.testing.assert_frame_equal(
        log.sort_values("file", ignore_index=True),
        once.read_log()
        .drop(columns=["ingested_at", "delivered_at"])
        .sort_values("file", ignore_index=True),
    )
    assert (log["rows"] == log["kept"] + log["duplicate"] + log["rejected"]).all()
    _compare_with_whole(
        once, planned, [row for rows in content.values() for row in rows], customers
    )


def _compare_with_whole(
    once: Ingestion, planned: Any, rows: list[dict[str, Any]], customers: list[str]
) -> None:
    """Compare with the same rows in a table that is delivered whole."""
    types = once.table.contract.to_schema().columns
    schema = {name: types[name].dtype.type for name in rows[0]}
    raw = ibis.memtable(pd.DataFrame(rows, dtype=object), schema=schema)
    whole = check_rows(raw, once.table.contract, ZONE, customers_table(customers))
    kept = nodes.trust_kept_rows(whole, pd.DataFrame()).to_pandas()
    key = list(once.table.contract.to_schema().unique)
    kept = kept[once.read_kept().columns].sort_values(key, ignore_index=True)
    pd.testing.assert_frame_equal(once.read_kept(), kept)
    rejected = select_rejected(whole, once.name, once.table.contract).to_pyarrow().to_pylist()
    named = Counter((str(row["key"]), row["rule"]) for row in rejected)
    found: Counter[tuple[str, str]] = Counter()
    for (_, row_key, rule, _), rows_of_it in once.read_rejected().items():
        found[row_key, rule] += rows_of_it
    assert found == named
    counted = reports.report_ingestion(
        **{once.name: once.open_checked().load(), f"{once.name}_change": planned}
    )
    expected = reports.report_ingestion(**{once.name: whole})
    order = ["table", "outcome"]
    pd.testing.assert_frame_equal(
        counted.sort_values(order, ignore_index=True),
        expected.sort_values(order, ignore_index=True),
    )
