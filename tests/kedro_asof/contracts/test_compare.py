"""Changes of a contract are breaking if they can refuse a table that was accepted before."""

from datetime import date
from typing import Any

import pandera.ibis as pa
import pytest
from pandera.api.ibis.types import IbisData

from kedro_asof.contracts.compare import compare_contracts
from kedro_asof.contracts.contract import DeclaredTable, TableContract
from kedro_asof.contracts.describe import describe_schema

BASE: dict[str, Any] = {
    "columns": {
        "customer_id": {"type": "string"},
        "day": {"type": "date"},
        "amount": {"type": "float64", "at_least": 0, "at_most": 10},
        "segment": {"type": "string", "one_of": ["a", "b"]},
    },
    "unique": ["customer_id"],
}


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[tuple[str, bool]]:
    described = [
        {"raw_bills": describe_schema(DeclaredTable(**options).to_schema())}
        for options in (old, new)
    ]
    return list(compare_contracts(*described))


def change(column: str, **facts: Any) -> dict[str, Any]:
    """Return BASE with other facts of a column; None removes a fact."""
    changed = BASE["columns"][column] | facts
    kept = {name: value for name, value in changed.items() if value is not None}
    return BASE | {"columns": BASE["columns"] | {column: kept}}


def without(column: str) -> dict[str, Any]:
    return {name: facts for name, facts in BASE["columns"].items() if name != column}


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (BASE | {"columns": without("day")}, "day removed"),
        (BASE | {"columns": without("day") | {"bill_day": {"type": "date"}}}, "day renamed to"),
        (change("amount", type="int64"), "amount type float64 -> int64"),
        (
            BASE | {"columns": BASE["columns"] | {"note": {"type": "string"}}},
            "note added, required",
        ),
        (change("amount", at_least=1), "amount at_least 0.0 -> 1.0"),
        (change("amount", at_most=9), "amount at_most 10.0 -> 9.0"),
        (change("amount", below=9), "amount below none -> 9.0"),
        (change("segment", one_of=["a"]), "segment one_of ['a', 'b'] -> ['a']"),
        (
            BASE | {"unique": ["customer_id", "day"]},
            "key ['customer_id'] -> ['customer_id', 'day']",
        ),
        (BASE | {"unique": []}, "key ['customer_id'] -> none"),
    ],
)
def test_what_can_refuse_a_table_is_breaking(new: dict[str, Any], text: str) -> None:
    (found,) = compare(BASE, new)
    assert found[0].startswith(f"raw_bills: {text}")
    assert found[1]


@pytest.mark.parametrize(
    "new",
    [
        change("amount", at_least=-1),
        change("amount", at_most=None),
        change("segment", one_of=["a", "b", "c"]),
        change("day", nullable=True),
    ],
)
def test_what_accepts_more_tables_is_harmless_and_its_reverse_is_not(new: dict[str, Any]) -> None:
    assert [breaks for _, breaks in compare(BASE, new)] == [False]
    assert [breaks for _, breaks in compare(new, BASE)] == [True]


def test_a_column_of_another_type_has_other_bounds() -> None:
    """`describe` writes the bound of a date as text."""
    number = {"seen": {"type": "float64", "nullable": False, "required": True, "at_least": 0}}
    day = {"seen": {"type": "date", "nullable": False, "required": True, "at_least": "1950-01-01"}}
    changes = list(compare_contracts({"bills": number}, {"bills": day}))
    assert changes == [
        ("bills: seen type float64 -> date", True),
        ("bills: seen at_least 0 -> 1950-01-01", True),
    ]


def test_equal_contracts_have_no_changes() -> None:
    assert compare(BASE, BASE) == []


class Bills(TableContract):
    issued_on: date
    paid_on: date = pa.Field(nullable=True, metadata={"known_from": "paid_on"})

    @pa.dataframe_check
    @classmethod
    def paid_after_issue(cls, data: IbisData) -> Any:
        return data.table.paid_on >= data.table.issued_on


class StricterBills(Bills):
    paid_on: date = pa.Field(nullable=True)

    @pa.dataframe_check
    @classmethod
    def paid_after_issue(cls, data: IbisData) -> Any:
        return data.table.paid_on > data.table.issued_on


def test_a_changed_check_or_moment_is_breaking_and_said_once_for_all_tables() -> None:
    old, new = (describe_schema(each.to_schema()) for each in (Bills, StricterBills))
    changes = list(
        compare_contracts({"raw_bills": old, "bills": old}, {"raw_bills": new, "bills": new})
    )
    assert all(breaks for _, breaks in changes)
    assert [text.partition(" ->")[0].partition(" SELECT")[0] for text, _ in changes] == [
        "bills, raw_bills: paid_after_issue",
        "bills, raw_bills: paid_on known_from paid_on",
    ]


def test_a_removed_contract_is_breaking_and_an_added_one_is_not() -> None:
    described = {"bills": describe_schema(Bills.to_schema())}
    assert list(compare_contracts(described, {})) == [("bills: contract removed", True)]
    assert list(compare_contracts({}, described)) == [("bills: contract added", False)]
