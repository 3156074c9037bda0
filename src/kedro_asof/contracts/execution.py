"""Check a table against its contract inside the engine: one scan for all rules, a few for the key.

Pandera runs one query per rule and counts every key separately. On a hundred million rows that
takes longer than computing all features. The contracts are Pandera's; this module executes them.
"""

import math
from collections.abc import Iterator

import ibis
import ibis.expr.types as ir
from pandera.ibis import DataFrameSchema

from kedro_asof.contracts.row_rules import broken_rules, is_sound
from kedro_asof.errors import BrokenContractError

MONTHS = 12
GROUPS_AT_A_TIME = 4_000_000  # groups of a key that DuckDB holds in memory
ONE = ibis.literal(1, "int64")


@ibis.udf.scalar.builtin  # type: ignore[untyped-decorator]
def bit_count(bits: int) -> int:  # type: ignore[empty-body]
    """Count the set bits; DuckDB, Spark and BigQuery have a function of this name."""


@ibis.udf.agg.builtin  # type: ignore[untyped-decorator]
def bit_or(bits: int) -> int:  # type: ignore[empty-body]
    """Combine the set bits of all rows; DuckDB, Spark and BigQuery have a function of this name."""


def check_types(table: ir.Table, schema: DataFrameSchema) -> None:
    """Check the types of columns, without reading rows.

    Raises:
        BrokenContractError: Names each wrong type.
    """
    wrong = [
        f"{name} is {table[name].type()}, expected {column.dtype.type}"
        for name, column in schema.columns.items()
        if name in table.columns and not _fits(table[name], column.dtype.type)
    ]
    if wrong:
        raise BrokenContractError(f"Invalid types: {'; '.join(wrong)}. Cast these columns.")


def check_rules(table: ir.Table, schema: DataFrameSchema) -> None:
    """Check the rules of every row of a table with the right types.

    Raises:
        BrokenContractError: Names each broken rule with the number of rows.
    """
    rules = dict(broken_rules(table, schema))
    if not rules or not _has_unsound_rows(table, schema):
        return
    counts = table.agg(**{name: broken.sum() for name, broken in rules.items()}).to_pyarrow()
    (broken,) = counts.to_pylist()
    found = [f"{name} in {rows:,} rows" for name, rows in broken.items() if rows]
    if found:
        raise BrokenContractError(
            f"Rows break their contract: {', '.join(found)}. Deliver these rows again, or change "
            "the rule."
        )


def check_key(table: ir.Table, key: list[str]) -> None:
    """Check that no two rows share a key.

    Raises:
        BrokenContractError: Names the key and the number of duplicate rows.
    """
    if repeats := count_repeats(table, key):
        raise BrokenContractError(
            f"{repeats:,} duplicate rows for key {key}. Remove them, or run the pipeline that "
            "writes the table again."
        )


def count_repeats(table: ir.Table, key: list[str]) -> int:
    """Count the rows whose key an earlier row has; 0 without a key.

    A date in the key is replaced by its month, and each day of the month becomes one bit. A group
    has as many set bits as rows only if no date repeats.
    """
    if not key:
        return 0
    groups, bit = _fold_date(table, key)
    rows = table.select(**groups, bit=bit)
    parts = _split_by_group(rows, list(groups))
    return sum(_count_repeats(part, list(groups)) for part in parts)


def find_repeated_keys(table: ir.Table, key: list[str]) -> ir.Table:
    """Return each key that more than one row has; keys with a null do not count.

    Only the groups of `count_repeats` that have repeats are then grouped by the whole key. They are
    found first: as a part of one query, DuckDB would keep all rows for the second part.
    """
    complete = table.select(*key).drop_null()
    groups, bit = _fold_date(complete, key)
    rows = complete.mutate(**{f"group_{name}": value for name, value in groups.items()}, bit=bit)
    columns = [f"group_{name}" for name in groups]
    counted = rows.group_by(columns).agg(rows=rows.count().cast("int64"), bits=bit_or(rows.bit))
    suspects = counted.filter(counted.rows != bit_count(counted.bits).cast("int64"))
    suspects = ibis.memtable(suspects.select(*columns).to_pyarrow())
    repeats = rows.semi_join(suspects, columns).group_by(key).agg(rows=ibis._.count())
    return repeats.filter(repeats.rows > 1).select(*key)


def _has_unsound_rows(table: ir.Table, schema: DataFrameSchema) -> bool:
    """Return whether any row breaks a rule: faster than counting the rows of each rule."""
    unsound = table.filter(~is_sound(table, schema)).limit(1)
    return bool(unsound.count().to_pyarrow().as_py())


def _fold_date(table: ir.Table, key: list[str]) -> tuple[dict[str, ir.Value], ir.IntegerValue]:
    """Return the columns to group by, and the bit of a row: of its day if the key has a date."""
    groups: dict[str, ir.Value] = {column: table[column] for column in key}
    dates = [column for column in key if table[column].type().is_date()]
    if len(key) == 1 or not dates:
        return groups, ONE
    day = groups.pop(dates[0])
    groups["month"] = day.year() * MONTHS + day.month()
    return groups, ONE << (day.day() - 1)


def _split_by_group(rows: ir.Table, columns: list[str]) -> Iterator[ir.Table]:
    """Yield parts of the rows that fit in memory; all rows of a group are in one part.

    Other engines than DuckDB get one part: they manage their memory and may charge per scan.
    """
    is_here = rows.get_backend().name == "duckdb"
    if not is_here or rows.count().to_pyarrow().as_py() <= GROUPS_AT_A_TIME:
        yield rows
        return
    drawn = ibis.struct({column: rows[column] for column in columns}).hash()
    groups = rows.agg(groups=drawn.approx_nunique()).to_pyarrow()["groups"][0].as_py()
    parts = 2 ** math.ceil(math.log2(max(groups / GROUPS_AT_A_TIME, 1)))
    for part in range(parts):
        yield rows.filter((drawn & (parts - 1)) == part) if parts > 1 else rows


def _count_repeats(rows: ir.Table, columns: list[str]) -> int:
    groups = rows.group_by(columns).agg(rows=rows.count().cast("int64"), bits=bit_or(rows.bit))
    repeats = (groups.rows - bit_count(groups.bits).cast("int64")).sum()
    return int(groups.agg(repeats=repeats).to_pyarrow()["repeats"][0].as_py() or 0)


def _fits(column: ir.Value, wanted: ibis.DataType) -> bool:
    found = column.type()
    if wanted.is_timestamp():
        return found.is_timestamp()
    return found == wanted
