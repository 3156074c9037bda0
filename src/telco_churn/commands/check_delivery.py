"""Compare a delivered table with its contract, row by row as ingestion does, without running it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
from kedro.io import DataCatalog
from kedro.validation import validate_dataset

from kedro_asof.contracts.execution import count_repeats
from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.contracts.row_rules import column_types
from kedro_asof.contracts.similar_names import match_names
from kedro_asof.contracts.suggestions import (
    find_date_formats,
    fits,
    has_decimal_comma,
    match_values,
)
from kedro_asof.progress import watch_queries
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.nodes import FEW_VALUES
from telco_churn.pipelines.ingestion.row_checks import (
    find_column,
    judge_rows,
    rules_by_late_column,
)

EXAMPLES = 100  # values that are read to find a format; the report shows the first three


@dataclass(frozen=True)
class Fault:
    """A rule that rows break.

    Attributes:
        rule: The name that ingestion gives the rule, for example `segment_not_allowed`.
        column: The column of the rule; None for a check across columns.
        rows: The number of rows that break it.
        values: The most frequent values that break it, with their rows.
        is_over: Whether ingestion would stop because of this late column.
    """

    rule: str
    column: str | None
    rows: int
    values: dict[str, int]
    is_over: bool = False


@dataclass
class Delivery:
    """A delivered table compared with its contract.

    Attributes:
        table: Name of the catalog entry.
        problem: What stops a run before it reads rows; empty if nothing does.
        rows: The number of rows.
        rejected: The rows that break a rule or repeat a key with other values.
        identical: The rows that are equal to an earlier row; ingestion keeps one of each.
        repeated: The rows that have the key of an earlier row but other values.
        faults: The rules that rows break.
        missing: The columns that the table lacks, each with its type.
        ignored: The columns that the contract does not list.
        keys: Keys of the catalog entry that would mend the table.
        is_accepted: Whether a run accepts the table.
    """

    table: str
    problem: str = ""
    rows: int = 0
    rejected: int = 0
    identical: int = 0
    repeated: int = 0
    faults: list[Fault] = field(default_factory=list)
    missing: dict[str, Any] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    keys: dict[str, Any] = field(default_factory=dict)
    is_accepted: bool = False


def check_delivery(catalog: DataCatalog, table: str, limits: IngestionParams) -> Delivery:
    """Compare a table with its contract, and suggest keys for its catalog entry.

    Kedro validates the table by its catalog entry. The rows of a raw table are then judged by the
    rules of ingestion, in one scan and one per broken rule; memory does not grow with the table.

    Args:
        catalog: The catalog of the project.
        table: The name of an entry with a contract.
        limits: The shares of rows and values that ingestion rejects without stopping.
    """
    found = validate_dataset(catalog, table)
    delivery = Delivery(table, problem="" if found else _take_message(found.message or ""))
    if found.status == "errored":
        return delivery
    delivered = find_contracts(catalog, [table])[table]
    judged = limits.tables.get(table.removeprefix("raw_"))
    raw = _rename(catalog.get(table), delivered, delivery)
    with watch_queries(raw.get_backend(), f"Checking {table}"):
        _judge(raw, judged.contract if judged else delivered, limits, delivery)
    rejected = delivery.rejected + delivery.repeated
    is_over = rejected > limits.max_rejected_fraction * delivery.rows
    is_over |= any(fault.is_over for fault in delivery.faults)
    delivery.is_accepted = not delivery.problem and not is_over
    return delivery


def _take_message(message: str) -> str:
    """Return the last line of Kedro's message; the lines above name the table and the contract."""
    return message.strip().splitlines()[-1]


def _rename(dataset: Any, contract: Any, delivery: Delivery) -> ir.Table:
    """Rename the columns that are probably meant, and add those still missing as empty ones."""
    raw, schema = dataset.load(), contract.to_schema()
    types = column_types(contract)
    lacking = {
        name: types[name]
        for name, column in schema.columns.items()
        if column.required and name not in raw.columns
    }
    spare = {name: raw[name].type() for name in raw.columns if name not in types}
    renamed = match_names(lacking, spare, fits)
    if renamed:
        delivery.keys["columns"] = {**(getattr(dataset, "_columns", None) or {}), **renamed}
    delivery.missing = lacking
    delivery.ignored = [name for name in spare if name not in renamed.values()]
    empty = {name: ibis.null(kind) for name, kind in lacking.items() if name not in renamed}
    raw = raw.rename(renamed) if renamed else raw
    return raw.mutate(**empty) if empty else raw


def _judge(raw: ir.Table, contract: Any, limits: IngestionParams, delivery: Delivery) -> None:
    columns, schema = list(column_types(contract)), contract.to_schema()
    typed, rules = judge_rows(raw, contract)
    absent = set(delivery.missing) - set(delivery.keys.get("columns", {}))
    rules = {
        rule: broken & ~rules[f"{rule.removesuffix('_missing')}_type"]
        if rule.endswith("_missing")  # an unreadable value is not also a missing one
        else broken
        for rule, broken in rules.items()
        if find_column(rule, columns) not in absent
    }
    late = rules_by_late_column(rules, columns, contract)
    late_rules = {rule: column for column, of_column in late.items() for rule in of_column}
    firm = [broken for rule, broken in rules.items() if rule not in late_rules]
    rejected = ibis.or_(*firm).fill_null(False)
    names = {f"rule_{number}": rule for number, rule in enumerate(rules)}
    counts = typed.agg(
        rows=typed.count(),
        rejected=rejected.sum(),
        **{name: rules[rule].sum() for name, rule in names.items()},
        **{f"values_{column}": typed.raw_row[column].count() for column in late},
    )
    (count,) = counts.to_pyarrow().to_pylist()
    delivery.rows, delivery.rejected = count["rows"], count["rejected"] or 0
    for name, rule in names.items():
        if not (rows := count[name]):
            continue
        column = late_rules.get(rule)
        is_over = (
            column is not None
            and rows >= FEW_VALUES
            and (rows > limits.max_blanked_fraction * count[f"values_{column}"])
        )
        delivery.faults.append(_describe_fault(typed, rules[rule], rule, columns, rows, is_over))
    key = list(schema.unique or [])
    if not absent & set(key):
        _count_repeats(typed.filter(~rejected), key, delivery)
    delivery.keys |= dict(_suggest(delivery.faults, schema))


def _describe_fault(
    typed: ir.Table,
    broken: ir.BooleanValue,
    rule: str,
    columns: list[str],
    rows: int,
    is_over: bool,
) -> Fault:
    column = find_column(rule, columns)
    if column is None or rule.endswith("_missing"):
        return Fault(rule, column, rows, {}, is_over)
    value = typed.raw_row[column].cast("string").name("value")
    values = typed.filter(broken).select(value).group_by("value").agg(rows=ibis._.count())
    top = values.order_by([ibis.desc("rows"), "value"]).limit(EXAMPLES).to_pyarrow().to_pylist()
    return Fault(rule, column, rows, {each["value"]: each["rows"] for each in top}, is_over)


def _count_repeats(kept: ir.Table, key: list[str], delivery: Delivery) -> None:
    """Count the rows with the key of an earlier row: those equal to it, and the others."""
    if repeats := count_repeats(kept, key):
        whole = kept.mutate(whole_row=kept.raw_row.hash())
        delivery.identical = count_repeats(whole, [*key, "whole_row"])
        delivery.repeated = repeats - delivery.identical


def _suggest(faults: list[Fault], schema: Any) -> Iterator[tuple[str, Any]]:
    """Yield the keys of the catalog entry by which the values would be read."""
    unread = {
        fault.column: fault.values
        for fault in faults
        if fault.column and fault.rule == f"{fault.column}_type"
    }
    types = {column: schema.columns[column].dtype.type for column in unread}
    formats = {
        column: " or ".join(found)
        for column, values in unread.items()
        if types[column].is_temporal() and (found := find_date_formats(values))
    }
    if formats:
        yield "format", formats
    numbers = [values for column, values in unread.items() if types[column].is_numeric()]
    if numbers and all(has_decimal_comma(values) for values in numbers):
        yield "decimal", ","
    mapped = {
        fault.column: match_values(fault.values, _list_allowed(schema.columns[fault.column]))
        for fault in faults
        if fault.column and fault.rule == f"{fault.column}_not_allowed"
    }
    if mapped := {column: values for column, values in mapped.items() if values}:
        yield "values", mapped


def _list_allowed(column: Any) -> list[str]:
    """Return the allowed values of a text column; empty if a pattern decides."""
    lists = [check.statistics.get("allowed_values", []) for check in column.checks]
    return [str(value) for values in lists for value in values]
