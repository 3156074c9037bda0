"""Convert the rules of a contract to expressions that show which row breaks which rule.

Pandera only finds whether a whole table keeps its contract. Both use the same contract.
"""

from collections.abc import Callable, Iterator
from typing import Any

import ibis
import ibis.expr.types as ir
from pandera.api.ibis.types import IbisData
from pandera.ibis import DataFrameModel, DataFrameSchema

Rule = tuple[str, Callable[[Any, Any], ir.BooleanValue]]

# By Pandera check and bound: the name of the fault, and the condition that a valid value meets.
# The minimum length ignores surrounding blanks, because an id of blanks is too short.
CHECKS: dict[str, dict[str, Rule]] = {
    "greater_than": {"min_value": ("too_small", lambda column, least: column > least)},
    "greater_than_or_equal_to": {"min_value": ("too_small", lambda column, least: column >= least)},
    "less_than": {"max_value": ("too_large", lambda column, most: column < most)},
    "less_than_or_equal_to": {"max_value": ("too_large", lambda column, most: column <= most)},
    "isin": {"allowed_values": ("not_allowed", lambda column, values: column.isin(list(values)))},
    "str_length": {
        "min_value": ("too_short", lambda column, least: column.strip().length() >= least),
        "max_value": ("too_long", lambda column, most: column.length() <= most),
    },
    "str_matches": {"pattern": ("not_allowed", lambda column, regex: column.re_search(regex))},
}

RANGE = ("greater_than_or_equal_to", "less_than_or_equal_to")


def key_columns(contract: type[DataFrameModel]) -> list[str]:
    """Return the columns of the key."""
    return list(contract.to_schema().unique)


def column_types(contract: type[DataFrameModel]) -> dict[str, Any]:
    """Return the ibis type of each column, in order, with optional columns last."""
    columns = contract.to_schema().columns.items()
    ordered = sorted(columns, key=lambda item: not item[1].required)
    return {name: column.dtype.type for name, column in ordered}


def late_columns(contract: type[DataFrameModel]) -> dict[str, str]:
    """Return the columns that are filled in later, each with the date column of that moment."""
    return {
        name: column.metadata["known_from"]
        for name, column in contract.to_schema().columns.items()
        if column.metadata and "known_from" in column.metadata
    }


def broken_rules(table: ir.Table, schema: DataFrameSchema) -> Iterator[tuple[str, ir.BooleanValue]]:
    """Yield the name of each rule and whether a row breaks it, in the order of the contract."""
    for name, column in schema.columns.items():
        if name not in table.columns:
            continue  # optional
        if not column.nullable:
            yield f"{name}_missing", table[name].isnull()
        if table[name].type().is_floating():
            is_endless = table[name].isnan() | table[name].isinf()
            yield f"{name}_not_finite", is_endless.fill_null(False)
        for check in column.checks:
            bounds = {key: bound for key, bound in check.statistics.items() if bound is not None}
            for key, bound in bounds.items():
                fault, is_kept = CHECKS[check.name][key]
                yield f"{name}_{fault}", ~is_kept(table[name], bound).fill_null(True)
    for check in schema.checks:
        is_kept = check._check_fn(IbisData(table, None))
        yield f"{check.name}_broken", ~is_kept.fill_null(True)


def is_sound(table: ir.Table, schema: DataFrameSchema, *others: ir.BooleanValue) -> ir.BooleanValue:
    """Return whether a row breaks no rule; never null.

    It says the same as `broken_rules`, in fewer comparisons: a null or a number that is not finite
    is not between two bounds. One condition: DuckDB would apply many one after another, and each
    makes the next one slower.

    Args:
        table: The table.
        schema: The schema of its contract.
        *others: Further conditions that a sound row meets.
    """
    broken = dict(broken_rules(table, schema))
    met = list(others)
    for name, column in schema.columns.items():
        if name not in table.columns or column.nullable:
            continue
        bounds = {
            key: bound
            for check in column.checks
            if check.name in RANGE
            for key, bound in check.statistics.items()
        }
        if set(bounds) == {"min_value", "max_value"}:
            for fault in ("missing", "not_finite", "too_small", "too_large"):
                broken.pop(f"{name}_{fault}", None)
            met.append(table[name].between(bounds["min_value"], bounds["max_value"]))
    met += [~is_broken for is_broken in broken.values()]
    return ibis.ifelse(ibis.and_(*met), True, False)


def first_broken_rule(rules: list[tuple[str, ir.BooleanValue]]) -> ir.StringValue:
    """Return the name of the first rule that a row breaks, null for a valid row."""
    nothing = ibis.null("string")
    if not rules:
        return nothing
    return ibis.cases(*[(broken, ibis.literal(name)) for name, broken in rules], else_=nothing)
