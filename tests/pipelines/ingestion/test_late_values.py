"""A late value is kept, or counted as blanked; too many blanked values stop a run."""

import logging
from datetime import date
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pytest

from telco_churn.contracts import Contacts, Customers, Invoices
from telco_churn.errors import TooManyBlankedError
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion import nodes, reports
from telco_churn.pipelines.ingestion.limits import stop_when_too_many_blanked
from telco_churn.pipelines.ingestion.pipeline import create_pipeline
from telco_churn.pipelines.ingestion.reports import report_late_values
from telco_churn.pipelines.ingestion.row_checks import check_rows
from tests.conftest import ZONE, read_parameters
from tests.kedro_asof.fixtures import Put

LONG_AGO = date(1900, 1, 1)
CONTACT: dict[str, Any] = {
    "customer_id": "a",
    "contacted_on": date(2026, 1, 5),
    "channel": "chat",
    "topic": "complaint",
    "resolved_on": date(2026, 1, 9),
    "satisfaction": 4,
}
INVOICE: dict[str, Any] = {
    "customer_id": "a",
    "issued_on": date(2026, 1, 1),
    "due_on": date(2026, 1, 15),
    "paid_on": date(2026, 1, 9),
    "amount": 10.0,
}
PARAMS = IngestionParams(**read_parameters("ingestion"))


def test_only_tables_with_late_columns_are_counted() -> None:
    (node,) = create_pipeline(PARAMS.tables).only_nodes("ingestion.report_late_values").nodes
    tables = ["checked_invoices", "checked_contacts"]
    assert node.inputs == [*tables, "invoices_change", "contacts_change"]


def test_both_late_columns_of_a_row_are_counted(put: Put) -> None:
    both = {"resolved_on": LONG_AGO, "satisfaction": 9}
    checked = _check_contacts(put, {}, both, {"satisfaction": 0})
    assert _count(report_late_values(contacts=checked)) == {
        ("resolved_on", "kept"): 2,
        ("resolved_on", "blanked_resolved_on_after_contact_broken"): 1,
        ("satisfaction", "kept"): 1,
        ("satisfaction", "blanked_satisfaction_too_large"): 1,
        ("satisfaction", "blanked_satisfaction_too_small"): 1,
    }
    rows = reports.report_ingestion(contacts=checked)
    assert rows["rows"].sum() == 3
    kept = nodes.trust_kept_rows(checked, rows)
    Contacts.validate(put(kept.to_pyarrow()))


def test_empty_values_rejected_rows_and_duplicates_are_no_values(put: Put) -> None:
    empty = {"resolved_on": None, "satisfaction": None}
    rejected = {"topic": None, "satisfaction": 9}
    again = {"contact_id": "k", "satisfaction": 9}
    checked = _check_contacts(put, {}, empty, rejected, again, again)
    assert _count(report_late_values(contacts=checked)) == {
        ("resolved_on", "kept"): 2,
        ("satisfaction", "kept"): 1,
        ("satisfaction", "blanked_satisfaction_too_large"): 1,
    }
    rows = reports.report_ingestion(contacts=checked).set_index("outcome")["rows"]
    assert rows.to_dict() == {
        "kept": 2,
        "duplicate": 1,
        "blanked_satisfaction_too_large": 1,
        "topic_missing": 1,
    }


def test_a_column_blanked_as_a_whole_stops_the_run(put: Put) -> None:
    checked = _check_invoices(put, *[{"paid_on": LONG_AGO}] * 20, *[{"paid_on": None}] * 980)
    report = report_late_values(invoices=checked)
    with pytest.raises(TooManyBlankedError) as stopped:
        stop_when_too_many_blanked(report, report, PARAMS)
    assert str(stopped.value) == (
        "raw_invoices: 20 of 20 values of paid_on (100.0%) blanked (paid_on_after_issue_broken 20)."
        " Expected at most 2.0% of the values of a column (ingestion.max_blanked_fraction). Inspect"
        " raw_content in checked_invoices, then deliver the table again, or raise the limit in"
        " conf/base/parameters/ingestion.yml."
    )


def test_columns_are_judged_each_on_its_own_and_all_are_named() -> None:
    report = _report(("a", "kept", 900), ("b", "blanked_b_type", 20), ("c", "blanked_c_type", 30))
    with pytest.raises(TooManyBlankedError, match=r"20 of 20 values of b .* 30 of 30 values of c "):
        stop_when_too_many_blanked(report, report, PARAMS)


@pytest.mark.parametrize(
    ("kept", "blanked"), [(980, 20), (2, 1), (0, 9)], ids=["2 %", "one of three", "nine of nine"]
)
def test_blanked_values_within_the_limit_or_few_are_a_warning(
    kept: int, blanked: int, caplog: pytest.LogCaptureFixture
) -> None:
    report = _report(("paid_on", "kept", kept), ("paid_on", "blanked_paid_on_type", blanked))
    with caplog.at_level(logging.WARNING):
        assert stop_when_too_many_blanked(report, report, PARAMS) is report
    (message,) = caplog.messages
    assert f"{blanked} of {kept + blanked:,} values of paid_on" in message
    assert f"(paid_on_type {blanked}). Their rows are kept without these values." in message


@pytest.mark.parametrize(("kept", "blanked"), [(979, 21), (0, 10)])
def test_blanked_values_over_the_limit_stop_the_run(kept: int, blanked: int) -> None:
    report = _report(("paid_on", "kept", kept), ("paid_on", "blanked_paid_on_type", blanked))
    with pytest.raises(TooManyBlankedError):
        stop_when_too_many_blanked(report, report, PARAMS)


def test_a_run_without_blanked_values_warns_of_nothing(
    put: Put, caplog: pytest.LogCaptureFixture
) -> None:
    report = report_late_values(
        invoices=_check_invoices(put, {"paid_on": None}), contacts=_check_contacts(put, {})
    )
    assert stop_when_too_many_blanked(report, report, PARAMS) is report
    assert not caplog.messages


def _count(report: pd.DataFrame) -> dict[tuple[str, str], int]:
    return report.set_index(["column", "outcome"])["values"].to_dict()


def _report(*counts: tuple[str, str, int]) -> pd.DataFrame:
    frame = pd.DataFrame(counts, columns=["column", "outcome", "values"])
    return frame.assign(table="invoices")


def _check_contacts(put: Put, *changes: dict[str, Any]) -> ir.Table:
    rows = [CONTACT | {"contact_id": f"{n}"} | change for n, change in enumerate(changes)]
    return put(
        check_rows(put(pa.Table.from_pylist(rows)), Contacts, ZONE, _customers(put)).to_pyarrow()
    )


def _check_invoices(put: Put, *changes: dict[str, Any]) -> ir.Table:
    rows = [INVOICE | {"invoice_id": f"{n}"} | change for n, change in enumerate(changes)]
    columns = pa.Table.from_pylist(rows)
    days = columns["paid_on"].cast(pa.date32())
    typed = columns.set_column(columns.schema.get_field_index("paid_on"), "paid_on", days)
    return put(check_rows(put(typed), Invoices, ZONE, _customers(put)).to_pyarrow())


def _customers(put: Put) -> ir.Table:
    row = {
        "customer_id": "a",
        "signed_up_on": date(2020, 1, 1),
        "segment": "consumer",
        "region": "north",
        "age_band": "60+",
    }
    return check_rows(put(pa.Table.from_pylist([row])), Customers, ZONE)
