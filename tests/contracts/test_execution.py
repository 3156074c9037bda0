"""A table is checked against every rule of its contract; a valid file is not checked again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandera.ibis as pandera
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from kedro_asof.contracts import contract, execution
from kedro_asof.contracts.contract import DeclaredTable, TableContract
from kedro_asof.contracts.row_rules import broken_rules, is_sound
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.errors import BrokenContractError
from telco_churn.contracts import Cancellations, Contacts, Customers, Invoices, Subscriptions, Usage
from tests.conftest import PROJECT
from tests.kedro_asof.fixtures import Put


class Ratings(TableContract):
    rating: float = pandera.Field(nullable=True, ge=0)


ROW = {
    "customer_id": "a",
    "day": date(2024, 2, 29),
    "call_minutes": 1.0,
    "data_mb": 2.0,
    "sms_count": 3,
    "dropped_calls": 0,
    "outage_minutes": 0,
}
SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "day": pa.date32(),
        "call_minutes": pa.float64(),
        "data_mb": pa.float64(),
        "sms_count": pa.int64(),
        "dropped_calls": pa.int64(),
        "outage_minutes": pa.int64(),
    }
)
DAYS = [date(2023, 3, 1), date(2024, 2, 1), date(2024, 2, 29), date(2024, 3, 1), date(2024, 3, 31)]


def usage(*changes: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([ROW | change for change in changes], SCHEMA)


def load(path: Path) -> ir.Table:
    """Read a file as the catalog does."""
    connection = yaml.safe_load((PROJECT / "conf" / "base" / "globals.yml").read_text())["engine"]
    return EngineTable(filepath=str(path), connection=connection | {"temp_directory": ""}).load()


def test_days_of_any_month_are_keys_of_their_own(put: Put) -> None:
    rows = [{"day": day, "customer_id": customer} for day in DAYS for customer in "ab"]
    Usage.validate(put(usage(*rows)))


@pytest.mark.parametrize("day", DAYS)
def test_a_key_that_comes_twice_is_counted(day: date, put: Put) -> None:
    rows = [{"day": each} for each in [*DAYS, day, day]]
    with pytest.raises(BrokenContractError, match=r"2 duplicate rows for key .*'day'"):
        Usage.validate(put(usage(*rows)))


def test_a_key_of_many_groups_is_checked_in_parts(
    put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "GROUPS_AT_A_TIME", 3)
    rows = [{"customer_id": f"customer {number}"} for number in range(40)]
    Usage.validate(put(usage(*rows)))
    with pytest.raises(BrokenContractError, match=r"5 duplicate rows for key .*'day'"):
        Usage.validate(put(usage(*rows, *rows[:4], rows[0])))


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"call_minutes": -1.0}, "call_minutes_too_small"),
    ({"call_minutes": None}, "call_minutes_missing"),
    ({"data_mb": float("nan")}, "data_mb_not_finite"),
    ({"data_mb": float("-inf")}, "data_mb_not_finite"),
    ({"day": date(1949, 12, 31)}, "day_too_small"),
    ({"outage_minutes": 1441}, "outage_minutes_too_large"),
    ({"customer_id": ""}, "customer_id_too_short"),
    ({"customer_id": " \t\n"}, "customer_id_too_short"),
    ({"customer_id": "ü" * 129}, "customer_id_too_long"),
]


def test_the_rows_that_break_no_rule_are_sound(put: Put) -> None:
    rows = put(usage({}, {"customer_id": "b"}, *[change for change, _ in BROKEN]))
    sound = rows.filter(is_sound(rows, Usage.to_schema())).customer_id.to_pyarrow().to_pylist()
    assert sorted(sound) == ["a", "b"]


def test_a_number_that_may_be_missing_is_sound_without_a_value(put: Put) -> None:
    rows = put(pa.table({"rating": pa.array([None, 1.5, -1.0, float("nan")], pa.float64())}))

    sound = rows.filter(is_sound(rows, Ratings.to_schema())).rating.to_pyarrow().to_pylist()

    assert sorted(sound, key=str) == [1.5, None]


@pytest.mark.parametrize(("change", "rule"), BROKEN)
def test_a_broken_rule_is_named_with_its_rows(change: dict[str, Any], rule: str, put: Put) -> None:
    with pytest.raises(BrokenContractError, match=f"{rule} in 1 rows"):
        Usage.validate(put(usage({}, {"customer_id": "b"} | change)))


def test_an_id_of_one_to_128_characters_keeps_the_contract(put: Put) -> None:
    Usage.validate(put(usage({"customer_id": "1"}, {"customer_id": "ü" * 128})))


@pytest.mark.parametrize(
    "contract",
    [Customers, Subscriptions, Usage, Invoices, Contacts, Cancellations],
    ids=lambda contract: contract.__name__,
)
def test_every_id_of_an_operator_table_has_both_bounds(contract: type[TableContract]) -> None:
    schema = contract.to_schema()
    table = ibis.table({name: column.dtype.type for name, column in schema.columns.items()})
    rules = {name for name, _ in broken_rules(table, schema)}
    ids = [name for name in schema.columns if name.endswith("_id")]
    assert {f"{name}_{fault}" for name in ids for fault in ("too_short", "too_long")} <= rules


def test_a_rule_about_a_row_is_kept_too(put: Put) -> None:
    invoice = {
        "invoice_id": ["i"],
        "customer_id": ["a"],
        "issued_on": [date(2026, 5, 2)],
        "due_on": [date(2026, 5, 1)],
        "paid_on": pa.array([None], pa.date32()),
        "amount": [1.0],
    }
    with pytest.raises(BrokenContractError, match="due_on_after_issue_broken in 1 rows"):
        Invoices.validate(put(pa.table(invoice)))


def test_a_column_of_another_type_is_named(put: Put) -> None:
    position = SCHEMA.get_field_index("sms_count")
    table = usage({}).set_column(position, "sms_count", pa.array(["3"]))
    with pytest.raises(BrokenContractError, match="sms_count is string, expected int64"):
        Usage.validate(put(table))


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"columns": {"day": {"type": "day"}}}, "columns.day.type"),
        ({"columns": {"day": {"type": "date", "atleast": 3}}}, "columns.day.atleast"),
        ({}, "columns"),
    ],
)
def test_a_declared_contract_that_says_nothing_clear_is_refused(
    options: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        DeclaredTable(**options)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each contract whose rules are checked."""
    found: list[str] = []
    look: Callable[..., None] = contract.check_rules

    def note(table: Any, schema: Any) -> None:
        found.append(schema.name)
        look(table, schema)

    monkeypatch.setattr(contract, "check_rules", note)
    return found


def test_a_file_that_kept_its_contract_is_not_checked_again(
    tmp_path: Path, checks: list[str]
) -> None:
    pq.write_table(usage({}), tmp_path / "usage.parquet")
    for _ in range(3):
        Usage.validate(load(tmp_path / "usage.parquet"))
    assert checks == ["Usage"]


def test_a_file_that_changed_is_checked_again(tmp_path: Path, checks: list[str]) -> None:
    path = tmp_path / "usage.parquet"
    pq.write_table(usage({}), path)
    Usage.validate(load(path))
    pq.write_table(usage({"data_mb": -1.0}), path)
    with pytest.raises(BrokenContractError, match="data_mb_too_small"):
        Usage.validate(load(path))
    assert len(checks) == 2


def test_a_file_that_broke_its_contract_is_checked_again(tmp_path: Path) -> None:
    path = tmp_path / "usage.parquet"
    pq.write_table(usage({"data_mb": -1.0}), path)
    for _ in range(2):
        with pytest.raises(BrokenContractError, match="data_mb_too_small"):
            Usage.validate(load(path))


def test_a_contract_that_changed_is_checked_again(tmp_path: Path) -> None:
    path = tmp_path / "usage.parquet"
    pq.write_table(usage({}).select(["customer_id", "data_mb"]), path)
    columns = {"customer_id": {"type": "string"}, "data_mb": {"type": "float64"}}
    DeclaredTable(columns=columns).validate(load(path))
    stricter = columns | {"data_mb": {"type": "float64", "above": 2}}
    with pytest.raises(BrokenContractError, match="data_mb_too_small"):
        DeclaredTable(columns=stricter).validate(load(path))
