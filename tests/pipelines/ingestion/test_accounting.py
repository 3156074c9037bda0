"""Every delivered row is kept, counted as a duplicate, or rejected by a named rule."""

import json
from collections import Counter
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import ibis.expr.types as ir
import pandas as pd
import pandera.ibis as pa_ibis
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kedro_asof.contracts.contract import TableContract
from kedro_asof.params import Timezone
from telco_churn.contracts import IDENTIFIERS, Cancellations, Contacts, Customers, Invoices, Usage
from telco_churn.errors import TooManyRejectedError
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.simulation import MessParams
from telco_churn.pipelines.ingestion import limits, nodes, reports
from telco_churn.pipelines.ingestion.row_checks import check_rows, select_rejected
from tests.conftest import ZONE, read_parameters, simulate_tables, simulation_params
from tests.kedro_asof.fixtures import Put

PARAMS = IngestionParams(**read_parameters("ingestion"))
CONTRACTS = {name: table.contract for name, table in PARAMS.tables.items()}
fractions = st.floats(0, 0.5)


@settings(max_examples=12)
@given(duplicates=fractions, impossible=fractions, unknown=fractions, seed=st.integers(0, 9999))
@example(duplicates=0.0, impossible=0.0, unknown=0.0, seed=192)  # without cancellations
def test_the_counts_add_up_for_any_mess(
    duplicates: float, impossible: float, unknown: float, seed: int, put: Put
) -> None:
    mess = MessParams(
        duplicate_fraction=duplicates,
        impossible_fraction=impossible,
        unknown_customer_fraction=unknown,
    )
    raw = simulate_tables(simulation_params(customers=30, weeks=20, seed=seed, mess=mess))
    clean = simulate_tables(simulation_params(customers=30, weeks=20, seed=seed))
    checked = _check_all(raw, put)
    report = reports.report_ingestion(**checked)
    rejected = nodes.collect_rejected_rows(CONTRACTS)(**checked).to_pandas()
    for table in CONTRACTS:
        outcomes = report[report["table"] == table].set_index("outcome")["rows"]
        kept = nodes.trust_kept_rows(checked[table], report).to_pyarrow()
        assert outcomes.sum() == len(raw[table])
        assert outcomes["kept"] == len(kept) == len(clean[table])
        refused = outcomes.drop(["kept", "duplicate"])
        assert refused.to_dict() == Counter(rejected[rejected["table"] == table]["rule"])


USAGE_ROW = {
    "customer_id": "a",
    "day": date(2026, 1, 1),
    "call_minutes": 1.0,
    "data_mb": 2.0,
    "sms_count": 3,
    "dropped_calls": 0,
    "outage_minutes": 0,
}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({}, "kept"),
        ({"call_minutes": -0.1}, "call_minutes_too_small"),
        ({"call_minutes": 1440.5}, "call_minutes_too_large"),
        ({"data_mb": None}, "data_mb_missing"),
        ({"customer_id": None}, "customer_id_missing"),
        ({"customer_id": "stranger"}, "unknown_customer"),
        ({"day": date(1900, 1, 1)}, "day_too_small"),
        ({"data_mb": float("nan")}, "data_mb_not_finite"),
        ({"data_mb": float("inf")}, "data_mb_not_finite"),
        ({"sms_count": 2.5}, "sms_count_type"),
        ({"sms_count": "2.5"}, "sms_count_type"),
        ({"sms_count": "3"}, "kept"),
        ({"sms_count": True}, "sms_count_type"),
        ({"call_minutes": False}, "call_minutes_type"),
        ({"sms_count": datetime(2026, 1, 1)}, "sms_count_type"),
        ({"data_mb": date(2026, 1, 1)}, "data_mb_type"),
        ({"data_mb": time(10)}, "data_mb_type"),
        ({"data_mb": Decimal("2.5")}, "kept"),
        ({"customer_id": ""}, "customer_id_too_short"),
        ({"customer_id": " \t "}, "customer_id_too_short"),
        ({"customer_id": "a" * 129}, "customer_id_too_long"),
        ({"customer_id": "a" * 5_000_000}, "customer_id_too_long"),
    ],
)
def test_a_usage_row_is_judged_by_the_first_rule_it_breaks(
    change: dict[str, Any], rule: str, put: Put
) -> None:
    (found,) = _judge_usage([USAGE_ROW | change], put)["broken_rule"].fillna("kept")
    assert found == rule


def test_text_that_is_a_number_is_read_and_text_that_is_not_is_rejected(put: Put) -> None:
    rows = [USAGE_ROW | {"call_minutes": "12.5"}, USAGE_ROW | {"call_minutes": "often"}]
    judged = _judge_usage(rows, put)
    by_rule = judged.set_index(judged["broken_rule"].fillna("kept"))
    assert by_rule.loc["kept", "call_minutes"] == 12.5
    assert '"call_minutes":"often"' in by_rule.loc["call_minutes_type", "raw_content"]


@pytest.mark.parametrize("kind", [pa.string(), pa.binary()])
def test_long_texts_of_a_rejected_row_are_cut_with_a_mark(kind: pa.DataType, put: Put) -> None:
    table = pa.Table.from_pylist([USAGE_ROW | {"customer_id": "a" * 5_000_000}, USAGE_ROW])
    ids = table["customer_id"].cast(kind)
    (row,) = _reject_usage(put(table.set_column(0, "customer_id", ids)), put)
    assert row["rule"] == "customer_id_too_long"
    assert row["key"] == "a" * 200 + "…[cut]/2026-01-01"
    assert json.loads(row["content"])["customer_id"] == "a" * 200 + "…[cut]"
    assert json.loads(row["content"])["outage_minutes"] == 0


def test_a_repeated_key_is_cut_like_any_rejected_row(put: Put) -> None:
    reasons = ["x" * 5_000, "y" * 5_000]
    row = {"customer_id": "a", "cancelled_on": date(2026, 1, 1)}
    rows = put(pa.Table.from_pylist([row | {"reason": reason} for reason in reasons]))
    checked = check_rows(rows, Cancellations, ZONE, _customers(put))
    (rejected,) = select_rejected(checked, "cancellations", Cancellations).to_pyarrow().to_pylist()
    assert rejected["rule"] == "repeated_key"
    assert json.loads(rejected["content"])["reason"] == "y" * 200 + "…[cut]"


def test_of_rows_with_one_key_the_first_is_kept_and_the_others_rejected(put: Put) -> None:
    rows = [USAGE_ROW | {"call_minutes": minutes} for minutes in (9.0, 4.0, 4.0)]
    judged = _judge_usage(rows, put).sort_values("call_minutes")
    assert judged["call_minutes"].tolist() == [4.0, 9.0]
    assert judged["broken_rule"].fillna("kept").tolist() == ["kept", "repeated_key"]
    assert judged["copies"].tolist() == [2, 1]


def test_a_later_row_never_pushes_out_an_earlier_one_of_its_key(put: Put) -> None:
    contact = {"contact_id": "k", "customer_id": "a", "channel": "chat", "topic": "billing"}
    days = [date(2026, 5, 2), date(2026, 5, 1)]
    rows = pa.Table.from_pylist(
        [contact | {"contacted_on": day, "resolved_on": day, "satisfaction": 3} for day in days]
    )
    judged = check_rows(put(rows), Contacts, ZONE, _customers(put)).to_pandas()
    kept = judged[judged["broken_rule"].isna()]
    assert pd.to_datetime(kept["contacted_on"]).dt.date.tolist() == [date(2026, 5, 1)]


CONTACT: dict[str, Any] = {
    "contact_id": "k",
    "customer_id": "a",
    "contacted_on": date(2026, 1, 5),
    "channel": "chat",
    "topic": "complaint",
    "resolved_on": date(2026, 1, 9),
    "satisfaction": 4,
}


@pytest.mark.parametrize(
    ("change", "blanked", "rule"),
    [
        ({}, [], "kept"),
        ({"satisfaction": 9}, ["satisfaction"], "satisfaction_too_large"),
        ({"satisfaction": "fine"}, ["satisfaction"], "satisfaction_type"),
        ({"satisfaction": True}, ["satisfaction"], "satisfaction_type"),
        ({"resolved_on": date(2026, 1, 1)}, ["resolved_on"], "resolved_on_after_contact_broken"),
    ],
)
def test_what_is_filled_in_later_is_blanked_and_never_costs_the_row(
    change: dict[str, Any], blanked: list[str], rule: str, put: Put
) -> None:
    rows = put(pa.Table.from_pylist([CONTACT | change]))
    checked = check_rows(rows, Contacts, ZONE, _customers(put))
    (row,) = checked.to_pyarrow().to_pylist()
    assert row["broken_rule"] is None
    assert (row["blanked_by"] or "kept") == rule
    assert [name for name in CONTACT if row[name] is None] == blanked
    assert (row["raw_content"] is None) == (rule == "kept")
    report = reports.report_ingestion(contacts=checked)
    outcomes = report[report["table"] == "contacts"].set_index("outcome")["rows"]
    assert outcomes["kept" if rule == "kept" else f"blanked_{rule}"] == 1


class Payments(TableContract):
    """A late column whose name is the beginning of another column's name."""

    payment_id: str
    paid: float = pa_ibis.Field(ge=0, nullable=True, metadata={"known_from": "paid_on"})
    paid_on: date

    class Config:
        unique: ClassVar = ["payment_id"]


def test_a_rule_of_a_column_is_none_of_a_column_with_a_shorter_name(put: Put) -> None:
    days = pa.array([None, date(2026, 1, 1)], pa.date32())
    rows = put(pa.table({"payment_id": ["a", "b"], "paid": [1.0, -1.0], "paid_on": days}))
    checked = check_rows(rows, Payments, ZONE).order_by("payment_id").to_pyarrow().to_pylist()
    assert [row["broken_rule"] for row in checked] == ["paid_on_missing", None]
    assert [row["paid__blanked_by"] for row in checked] == [None, "paid_too_small"]
    assert [row["paid"] for row in checked] == [1.0, None]


def test_of_one_invoice_delivered_twice_the_filled_in_one_is_kept(put: Put) -> None:
    invoice = {
        "invoice_id": "i",
        "customer_id": "a",
        "issued_on": date(2026, 1, 1),
        "due_on": date(2026, 1, 15),
        "amount": 10.0,
    }
    paid = [None, date(2026, 6, 1), None]
    rows = pa.Table.from_pylist([invoice | {"paid_on": day} for day in paid])
    judged = check_rows(put(rows), Invoices, ZONE, _customers(put)).to_pandas()
    kept = judged[judged["broken_rule"].isna()]
    assert pd.to_datetime(kept["paid_on"]).dt.date.tolist() == [date(2026, 6, 1)]


DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(200)]


@pytest.mark.parametrize(
    ("counts", "covered"),
    [
        (dict.fromkeys(DAYS, 20), DAYS),
        (dict.fromkeys(DAYS, 20) | {date(2062, 1, 1): 1, date(1999, 1, 1): 1}, DAYS),
        (dict.fromkeys(DAYS, 20) | {DAYS[-1]: 3}, DAYS[:-1]),
        (dict.fromkeys(DAYS, 20) | {DAYS[-1]: 15}, DAYS[:-1]),
        (dict.fromkeys(DAYS, 20) | {DAYS[-1]: 16}, DAYS),
        (dict.fromkeys(DAYS, 20) | dict.fromkeys(DAYS[-10:], 3), DAYS[:-10]),
        ({day: 100 + number for number, day in enumerate(DAYS)}, DAYS),
    ],
    ids=[
        "all",
        "mistyped",
        "15 %",
        "75 %",
        "80 %",
        "ten days of 15 %",
        "three times as many at the end",
    ],
)
def test_usage_reaches_as_far_as_days_are_whole(
    counts: dict[date, int], covered: list[date], put: Put
) -> None:
    days = [day for day, count in counts.items() for _ in range(count)]
    usage = put(pa.table({"day": days}))
    (row,) = nodes.measure_coverage(usage, PARAMS).to_pyarrow().to_pylist()
    assert row == {"first_day": covered[0], "last_day": covered[-1]}


def test_identifiers_end_at_the_first_step(put: Put) -> None:
    raw = simulate_tables(simulation_params(customers=5, weeks=20))["customers"]
    assert set(IDENTIFIERS) <= set(raw.column_names)
    checked = nodes.check_table(Customers)(put(raw), Timezone(ZONE))
    assert set(IDENTIFIERS).isdisjoint(checked.columns)


@pytest.mark.parametrize(("rejected", "stops"), [(9, False), (10, True)])
def test_a_delivery_over_the_limit_stops_the_run_unless_few_rows_are_rejected(
    rejected: int, stops: bool
) -> None:
    total = pd.DataFrame({"table": "usage", "outcome": ["kept"], "rows": [10_000]})
    counts = {"outcome": ["kept", "data_mb_missing"], "rows": [20, rejected]}
    files = pd.DataFrame({"table": "usage", "file": "new.parquet", "column": "", **counts})
    allowed = PARAMS.model_copy(update={"max_rejected_fraction": 0.02})
    if not stops:
        assert limits.stop_when_too_many_rejected(total, total, allowed, files) is total
        return
    with pytest.raises(TooManyRejectedError, match=r"raw_usage/new.parquet: 33.3% of 30 rows"):
        limits.stop_when_too_many_rejected(total, total, allowed, files)


def test_the_run_stops_over_the_limit_with_counts_by_rule() -> None:
    report = pd.DataFrame(
        {
            "table": ["usage"] * 3,
            "outcome": ["kept", "duplicate", "data_mb_missing"],
            "rows": [96, 2, 2],
        }
    )
    allowed = PARAMS.model_copy(update={"max_rejected_fraction": 0.02})
    assert limits.stop_when_too_many_rejected(report, report, allowed) is report
    exceeded = PARAMS.model_copy(update={"max_rejected_fraction": 0.019})
    with pytest.raises(TooManyRejectedError, match=r"raw_usage: 2\.0% of 100.*data_mb_mis"):
        limits.stop_when_too_many_rejected(report, report, exceeded)


def _check_all(raw: dict[str, pa.Table], put: Put) -> dict[str, ir.Table]:
    customers = put(check_rows(put(raw["customers"]), Customers, ZONE).to_pyarrow())
    return {
        table: check_rows(put(raw[table]), contract, ZONE, customers) if of_customer else customers
        for table, contract in CONTRACTS.items()
        for of_customer in [PARAMS.tables[table].belongs_to_customer]
    }


def _customers(put: Put) -> ir.Table:
    row = {
        "customer_id": "a",
        "signed_up_on": date(2020, 1, 1),
        "segment": "consumer",
        "region": "north",
        "age_band": "60+",
    }
    return check_rows(put(pa.Table.from_pylist([row])), Customers, ZONE)


def _reject_usage(rows: ir.Table, put: Put) -> list[dict[str, Any]]:
    rejected = select_rejected(check_rows(rows, Usage, ZONE, _customers(put)), "usage", Usage)
    return list(rejected.to_pyarrow().to_pylist())


def _judge_usage(rows: list[dict[str, Any]], put: Put) -> pd.DataFrame:
    table = pa.Table.from_pylist(rows)
    nulls = [field.name for field in table.schema if pa.types.is_null(field.type)]
    typed = pa.schema(
        [field.with_type(pa.string()) if field.name in nulls else field for field in table.schema]
    )
    return check_rows(put(table.cast(typed)), Usage, ZONE, _customers(put)).to_pandas()


def test_a_row_that_came_twice_is_known_from_when_it_first_came(put: Put) -> None:
    first, again = datetime(2026, 1, 2, 3), datetime(2026, 2, 2, 3)
    rows = [
        USAGE_ROW | {"loaded_at": again},
        USAGE_ROW | {"loaded_at": first},
        USAGE_ROW | {"loaded_at": again, "data_mb": 9.0},
    ]
    checked = check_rows(put(pa.Table.from_pylist(rows)), Usage, ZONE).to_pandas()
    kept = checked[checked["broken_rule"].isna()].iloc[0]
    assert (kept["data_mb"], kept["copies"], kept["loaded_at"]) == (2.0, 2, pd.Timestamp(first))
    assert checked["broken_rule"].dropna().tolist() == ["repeated_key"]
