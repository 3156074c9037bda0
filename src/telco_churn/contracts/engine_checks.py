"""Checks a table by its contract inside the engine: one scan for all rules, one for the key.

Pandera runs a query for each rule and counts each key on its own; on a hundred million rows that
takes longer than all features together. The contracts are Pandera's, only this execution is ours.
"""

import ibis
import ibis.expr.types as ir
from pandera.ibis import DataFrameSchema

from telco_churn.contracts.row_rules import broken_rules
from telco_churn.errors import RefusedError

MONTHS = 12
ONE = ibis.literal(1, "int64")


class BrokenContractError(RefusedError):
    """A table does not have the columns or rows that its contract asks for."""


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_count(bits: int) -> int:  # type: ignore[empty-body]
    """Count the bits that are set; DuckDB, Spark and BigQuery call it so."""


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bit_or(bits: int) -> int:  # type: ignore[empty-body]
    """Set the bits that are set in any row; DuckDB, Spark and BigQuery call it so."""


def check_rules(table: ir.Table, schema: DataFrameSchema) -> None:
    """Refuse a table with columns of another type, or rows that break a rule.

    Raises:
        BrokenContractError: Names each wrong type, or each rule with the number of rows.
    """
    wrong = [
        f"{name} is {table[name].type()}, allowed is {column.dtype.type}"
        for name, column in schema.columns.items()
        if name in table.columns and not _fits(table[name], column.dtype.type)
    ]
    if wrong:
        raise BrokenContractError(f"has columns of another type: {'; '.join(wrong)}. Cast them.")
    rules = dict(broken_rules(table, schema))
    if not rules:
        return
    counts = table.agg(**{name: broken.sum() for name, broken in rules.items()}).to_pyarrow()
    (broken,) = counts.to_pylist()
    found = [f"{name} in {rows:,} rows" for name, rows in broken.items() if rows]
    if found:
        raise BrokenContractError(
            f"breaks its contract: {', '.join(found)}. Deliver these rows again, or change the "
            "rule in the contract."
        )


def check_key(table: ir.Table, key: list[str]) -> None:
    """Refuse a table in which two rows share a key.

    A date in the key is not grouped by, its day of the month becomes a bit: a group then holds a
    month of rows, and has a bit for each of them only if no date comes twice.

    Raises:
        BrokenContractError: Names the key, and how many rows are one too many.
    """
    dates = [column for column in key if table[column].type().is_date()]
    if not key:
        return
    if len(key) == 1 or not dates:
        groups = table.group_by(key).agg(rows=table.count().cast("int64"))
        keys = ibis.literal(1, "int64")
    else:
        day = table[dates[0]]
        month = day.year() * MONTHS + day.month()
        group = [*(column for column in key if column != dates[0]), month.name("month")]
        groups = table.group_by(group).agg(
            rows=table.count().cast("int64"), bits=bit_or(ONE << (day.day() - 1))
        )
        keys = bit_count(groups.bits).cast("int64")
    repeats = groups.agg(repeats=(groups.rows - keys).sum()).to_pyarrow()["repeats"][0].as_py()
    if repeats:
        raise BrokenContractError(
            f"has {repeats:,} rows too many for the key {key}, each allowed once. Run ingestion, "
            "which counts duplicates and rejects repeated keys, or take them out."
        )


def _fits(column: ir.Value, wanted: ibis.DataType) -> bool:
    found = column.type()
    if wanted.is_timestamp():
        return found.is_timestamp()
    return found == wanted
