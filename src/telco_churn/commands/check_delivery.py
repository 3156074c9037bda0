"""Compare a delivered table with its contract, row by row as ingestion does, without running it."""

from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
from kedro.io import DataCatalog
from kedro.validation import validate_dataset

from kedro_asof.contracts.execution import count_repeats
from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.contracts.row_rules import column_types
from kedro_asof.contracts.suggestions import (
    DECIMAL_COMMA,
    UNKNOWN,
    find_date_formats,
    fits,
    match_names,
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

MOST_VALUES = 100  # invalid values of a column that are read, the most frequent first


@dataclass
class Delivery:
    """A delivered table compared with its contract.

    Attributes:
        table: Name of the catalog entry.
        problems: The reasons why a run would stop.
        rows: The number of rows.
        faults: The number of rows that break a rule, by the name that ingestion gives it.
        values: The most frequent values that break a rule, with their rows, by the same name.
        ignored: The columns that the contract does not list.
        copies: The number of rows that are equal to another row; ingestion keeps one of each.
        keys: Keys that the catalog entry needs.
    """

    table: str
    problems: list[str] = field(default_factory=list)
    rows: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    values: dict[str, dict[str, int]] = field(default_factory=dict)
    ignored: list[str] = field(default_factory=list)
    copies: int = 0
    keys: dict[str, Any] = field(default_factory=dict)


def check_delivery(
    catalog: DataCatalog, table: str, limits: IngestionParams, timezone: str
) -> Delivery:
    """Compare a table with its contract, and suggest keys for its catalog entry.

    Kedro validates the table by its catalog entry. The rows are then judged by the rules of
    ingestion, in one scan and one for each broken rule; memory does not grow with the table.

    Args:
        catalog: The catalog of the project.
        table: The name of an entry with a contract.
        limits: The tables of ingestion, and the shares of rows and values that it leaves out.
        timezone: The operator's time zone.
    """
    validated, delivery = validate_dataset(catalog, table), Delivery(table)
    if not validated:  # the last line is the cause; Kedro's lines above it name the table
        delivery.problems.append((validated.message or "").strip().splitlines()[-1])
    if validated.status == "errored":
        return delivery
    contract = find_contracts(catalog, [table])[table]
    raw = _rename_columns(catalog.get(table), contract, delivery)
    judged = limits.tables.get(table.removeprefix("raw_"))
    with watch_queries(raw.get_backend(), f"Checking {table}"):
        _judge(raw, judged.contract if judged else contract, limits, timezone, delivery)
    return delivery


def _rename_columns(dataset: Any, contract: Any, delivery: Delivery) -> ir.Table:
    """Rename the columns that are probably meant, so that their rows can be judged, too."""
    raw, types = dataset.load(), column_types(contract)
    required = {name for name, column in contract.to_schema().columns.items() if column.required}
    lacking = {name: types[name] for name in types if name in required - {*raw.columns}}
    spare = {name: raw[name].type() for name in raw.columns if name not in types}
    renamed = match_names(lacking, spare, fits)
    delivery.ignored = [name for name in spare if name not in renamed.values()]
    if lacking:
        delivery.problems = [f"missing columns {[*lacking]}, other columns {[*spare]}"]
        unknown = {name: UNKNOWN for name in lacking if delivery.ignored and name not in renamed}
        delivery.keys["columns"] = {**getattr(dataset, "_columns", {}), **renamed, **unknown}
    raw = raw.rename(renamed) if renamed else raw
    empty = {name: ibis.null(lacking[name]) for name in lacking if name not in renamed}
    return raw.mutate(**empty) if empty else raw


def _judge(
    raw: ir.Table, contract: Any, limits: IngestionParams, timezone: str, delivery: Delivery
) -> None:
    """Count the rows that break each rule, and find the values that do."""
    columns, key = list(column_types(contract)), list(contract.to_schema().unique or [])
    absent = {name for name, old in delivery.keys.get("columns", {}).items() if old == UNKNOWN}
    typed, rules = judge_rows(raw, contract, timezone)
    rules = {rule: rules[rule] for rule in rules if find_column(rule, columns) not in absent}
    for rule in [rule for rule in rules if rule.endswith("_missing")]:
        rules[rule] &= ~rules[f"{rule.removesuffix('_missing')}_type"]
    late = rules_by_late_column(rules, columns, contract)
    late_rules = {rule: column for column, of_column in late.items() for rule in of_column}
    firm = [rule for rule in rules if rule not in late_rules]
    flags = typed.select("raw_row", **{f"broken {rule}": rules[rule] for rule in rules})
    counts = {rule: flags[f"broken {rule}"].sum() for rule in rules}
    counts |= {f"values {column}": flags.raw_row[column].count() for column in late}
    rejected = ibis.or_(*[flags[f"broken {rule}"] for rule in firm]).fill_null(False)
    summary = flags.agg(**counts, **{"all rows": flags.count(), "rejected": rejected.sum()})
    (found,) = summary.to_pyarrow().to_pylist()
    delivery.rows = found["all rows"]
    delivery.faults = {rule: rows for rule in rules if (rows := found[rule])}
    delivery.values = {
        rule: _list_values(typed.filter(rules[rule]).raw_row[column])
        for rule in delivery.faults
        if (column := find_column(rule, columns)) and not rule.endswith("_missing")
    }
    repeats = 0
    if not absent & {*key} and count_repeats(typed, key):
        kept = typed.filter(~ibis.or_(*[rules[rule] for rule in firm]).fill_null(False))
        repeats = _count_repeats(kept, key, delivery)
    if (left_out := (found["rejected"] or 0) + repeats) > (
        limits.max_rejected_fraction * delivery.rows
    ):
        delivery.problems.append(f"{left_out:,} rows would be rejected")
    delivery.problems += [
        f"{rows:,} values of {late_rules[rule]} would be blanked"
        for rule, rows in delivery.faults.items()
        if rule in late_rules and rows >= FEW_VALUES
        if rows > limits.max_blanked_fraction * found[f"values {late_rules[rule]}"]
    ]
    delivery.keys |= _suggest_keys(delivery, columns, contract.to_schema())


def _list_values(column: ir.Column) -> dict[str, int]:
    text = column.cast("string").name("value")
    counts = text.as_table().group_by("value").agg(rows=ibis._.count())
    top = counts.order_by([ibis.desc("rows"), "value"]).limit(MOST_VALUES).to_pyarrow()
    return {each["value"]: each["rows"] for each in top.to_pylist()}


def _count_repeats(kept: ir.Table, key: list[str], delivery: Delivery) -> int:
    """Count the copies of rows; return the number of rows with a key of other, different rows."""
    with kept.select(*key, row_hash=kept.raw_row.hash()).cache() as rows:
        repeats = count_repeats(rows, key)
        delivery.copies = count_repeats(rows, [*key, "row_hash"])
    if different := repeats - delivery.copies:
        delivery.faults["repeated_key"] = different
    return different


def _suggest_keys(delivery: Delivery, columns: list[str], schema: Any) -> dict[str, Any]:
    """Return the keys of the catalog entry by which invalid values would be read."""
    keys: dict[str, Any] = {}
    for rule, found in delivery.values.items():
        column = find_column(rule, columns) or ""
        kind, checks = schema.columns[column].dtype.type, schema.columns[column].checks
        formats = find_date_formats(found) if kind.is_temporal() else []
        if rule == f"{column}_type" and formats:
            keys.setdefault("cast", {})[column] = {"format": " or ".join(formats)}
        elif rule == f"{column}_type" and all(DECIMAL_COMMA.fullmatch(value) for value in found):
            keys.setdefault("cast", {})[column] = {"decimal": ","}
        for check in checks:
            if rule == f"{column}_not_allowed" and check.name == "isin":
                allowed = list(check.statistics["allowed_values"])
                is_partly_valid = delivery.faults[rule] < delivery.rows
                same = {value: value for value in allowed if is_partly_valid}
                keys.setdefault("values", {})[column] = same | match_values(found, allowed)
    return keys
