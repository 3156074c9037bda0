"""Compare a delivered table with its contract, row by row as ingestion does, without running it."""

from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from kedro.io import DataCatalog
from kedro.validation import validate_dataset

from kedro_asof.contracts.execution import count_repeats
from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.contracts.row_rules import column_types
from kedro_asof.contracts.suggestions import (
    UNKNOWN,
    find_date_formats,
    find_number_notation,
    fits,
    match_names,
    match_values,
)
from kedro_asof.delivered_values import NOT_UNDERSTOOD
from kedro_asof.deliveries.folder import as_table
from kedro_asof.progress import watch_queries
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.limits import FEW_VALUES
from telco_churn.pipelines.ingestion.row_checks import (
    find_column,
    list_rules,
    rules_by_late_column,
    type_rows,
)

MOST_TEXTS = 10_000  # distinct texts of a column from which its notation is found
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
    if not validated:
        delivery.problems.append(_find_cause(validated.message or ""))
    if validated.status == "errored":
        return delivery
    contract, dataset = find_contracts(catalog, [table])[table], catalog.get(table)
    raw = _rename_columns(dataset, contract, delivery)
    judged = limits.tables.get(table.removeprefix("raw_"))
    with watch_queries(raw.get_backend(), f"Checking {table}"):
        _judge(raw, judged.contract if judged else contract, limits, timezone, delivery)
        delivery.keys |= _suggest_keys(delivery, raw, dataset, contract.to_schema())
    return delivery


def _find_cause(message: str) -> str:
    """Return the line of a message of Kedro that names the cause: the last that is not general."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    causes = [line for line in lines if not line.startswith("Failed to instantiate dataset")]
    return (causes or lines or ["no message"])[-1]


def _rename_columns(dataset: Any, contract: Any, delivery: Delivery) -> ir.Table:
    """Rename the columns that are probably meant, so that their rows can be judged, too."""
    raw, types = as_table(dataset.load()), column_types(contract)
    required = {name for name, column in contract.to_schema().columns.items() if column.required}
    lacking = {name: types[name] for name in types if name in required - {*raw.columns}}
    spare = {name: raw[name].type() for name in raw.columns if name not in types}
    renamed = match_names(lacking, spare, fits)
    delivery.ignored = [name for name in spare if name not in renamed.values()]
    if lacking:
        delivery.problems = [f"missing columns {[*lacking]}, other columns {[*spare]}"]
        unknown = {name: UNKNOWN for name in lacking if delivery.ignored and name not in renamed}
        columns = {**getattr(dataset, "_columns", {}), **renamed, **unknown}
        delivery.keys |= {"columns": columns} if columns else {}
    raw = raw.rename(renamed) if renamed else raw
    empty = {name: ibis.null(lacking[name]) for name in lacking if name not in renamed}
    return raw.mutate(**empty) if empty else raw


def _judge(
    raw: ir.Table, contract: Any, limits: IngestionParams, timezone: str, delivery: Delivery
) -> None:
    """Count the rows that break each rule, and find the values that do."""
    columns, key = list(column_types(contract)), list(contract.to_schema().unique or [])
    absent = {name for name, old in delivery.keys.get("columns", {}).items() if old == UNKNOWN}
    typed = type_rows(raw, contract, timezone)
    rules = list_rules(typed, contract)
    rules = {rule: rules[rule] for rule in rules if find_column(rule, columns) not in absent}
    for rule in [rule for rule in rules if rule.endswith("_missing")]:
        rules[rule] &= ~rules[f"{rule.removesuffix('_missing')}_type"]
    late = rules_by_late_column(rules, columns, contract)
    late_rules = {rule for of_column in late.values() for rule in of_column}
    firm = [rule for rule in rules if rule not in late_rules]
    broken = {f"broken {rule}": rules[rule] for rule in rules}
    flags = typed.select("raw_row", never=ibis.literal(False), **broken)
    counts = {rule: flags[f"broken {rule}"].sum() for rule in rules}
    rejected = _is_any(flags, firm)
    for late_column, of_column in late.items():
        is_blanked = _is_any(flags, list(of_column)) & ~rejected
        is_value = flags.raw_row[late_column].notnull() & ~rejected
        counts |= {f"blanked {late_column}": is_blanked.sum()}
        counts |= {f"values {late_column}": (is_value | is_blanked).sum()}
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
    left_out = (found["rejected"] or 0) + repeats
    delivery.problems += _list_problems(found, left_out, list(late), limits)


def _list_problems(
    found: dict[str, int], left_out: int, late: list[str], limits: IngestionParams
) -> list[str]:
    """Return what exceeds the limits of ingestion: rejected rows, and values that are blanked."""
    too_many = left_out > limits.max_rejected_fraction * found["all rows"]
    return [f"{left_out:,} rows would be rejected"] * too_many + [
        f"{blanked:,} values of {column} would be blanked"
        for column in late
        if (blanked := found[f"blanked {column}"] or 0) >= FEW_VALUES
        if blanked > limits.max_blanked_fraction * found[f"values {column}"]
    ]


def _is_any(flags: ir.Table, rules: list[str]) -> ir.BooleanValue:
    """Return whether a row breaks one of the rules."""
    return ibis.or_(flags.never, *[flags[f"broken {rule}"] for rule in rules]).fill_null(False)


def _list_values(column: ir.Column) -> dict[str, int]:
    """Return the most frequent values that are not null, with their rows."""
    text = column.cast("string").name("value")
    counts = text.as_table().drop_null().group_by("value").agg(rows=ibis._.count())
    top = counts.order_by([ibis.desc("rows"), "value"]).limit(MOST_VALUES).to_pyarrow()
    return {each["value"]: each["rows"] for each in top.to_pylist()}


def _list_longest(column: ir.Column) -> list[str]:
    """Return distinct values as text, the longest first: they show all of a notation."""
    text = column.cast("string").name("value")
    distinct = text.as_table().drop_null().distinct()
    longest = distinct.order_by([distinct.value.length().desc(), "value"])
    return longest.limit(MOST_TEXTS).to_pyarrow()["value"].to_pylist()


def _count_repeats(kept: ir.Table, key: list[str], delivery: Delivery) -> int:
    """Count the copies of rows; return the number of rows with a key of other, different rows."""
    with kept.select(*key, row_hash=kept.raw_row.hash()).cache() as rows:
        repeats = count_repeats(rows, key)
        delivery.copies = count_repeats(rows, [*key, "row_hash"])
    if different := repeats - delivery.copies:
        delivery.faults["repeated_key"] = different
    return different


def _suggest_keys(
    delivery: Delivery, raw: ir.Table, dataset: Any, schema: Any
) -> dict[str, dict[str, Any]]:
    """Return the keys of the catalog entry by which invalid values would be read.

    They repeat what the entry has for other columns and values, so that they can replace it.
    """
    casts, maps = getattr(dataset, "_casts", {}), getattr(dataset, "_maps", {})
    written = {name: how.model_dump(exclude_defaults=True) for name, how in casts.items()}
    new_casts: dict[str, Any] = {}
    new_maps: dict[str, Any] = {}
    for rule, found in delivery.values.items():
        column = find_column(rule, list(schema.columns)) or ""
        kind, checks = schema.columns[column].dtype.type, schema.columns[column].checks
        texts = [_strip_mark(text) for text in found]
        if rule == f"{column}_type" and not kind.is_string():
            others = [_strip_mark(text) for text in _list_longest(raw[column])]
            if notation := _find_notation([*texts, *others], kind):
                new_casts[column] = written.get(column, {}) | notation
        known = maps[column].root if column in maps else {}
        texts = [text for text in texts if text not in {*known.values(), UNKNOWN}]
        if rule == f"{column}_type" and known:
            new_maps[column] = known | dict.fromkeys(texts, UNKNOWN)
        for check in checks:
            if rule == f"{column}_not_allowed" and check.name == "isin":
                allowed = list(check.statistics["allowed_values"])
                is_partly_valid = delivery.faults[rule] < delivery.rows
                same = {value: value for value in allowed if is_partly_valid and not known}
                new_maps[column] = known | same | match_values(texts, allowed)
    keys: dict[str, dict[str, Any]] = {}
    if new_casts:
        keys["cast"] = written | new_casts
    if new_maps:
        keys["values"] = {name: pairs.root for name, pairs in maps.items()} | new_maps
    return keys


def _find_notation(texts: list[str], kind: dt.DataType) -> dict[str, str]:
    """Return the keys of `cast` by which all texts are dates or numbers."""
    if kind.is_numeric():
        return find_number_notation(texts)
    formats = find_date_formats(texts) if kind.is_temporal() else []
    return {"format": " or ".join(formats)} if formats else {}


def _strip_mark(text: str) -> str:
    return text.removesuffix(NOT_UNDERSTOOD)
