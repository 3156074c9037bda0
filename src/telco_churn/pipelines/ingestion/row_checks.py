"""Check the rows of one table against its contract.

In: a raw table. Out: its distinct rows, typed, each with the rule it breaks, if any.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from kedro_asof.contracts.contract import TableContract
from kedro_asof.contracts.row_rules import (
    broken_rules,
    column_types,
    first_broken_rule,
    is_sound,
    key_columns,
    late_columns,
)
from kedro_asof.delivered_values import NOT_UNDERSTOOD
from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.local_time import cast_to_calendar
from kedro_asof.windows.point_in_time import LOADED_AT

BOOKKEEPING = ("broken_rule", "blanked_by", "raw_content", "copies")
BLANKED_BY = "__blanked_by"  # suffix: the rule that blanked the value of a late column
UNTYPABLE = "__untypable"
LONGEST_TEXT = 200  # characters that are copied from a text of a rejected row
CUT_MARK = "…[cut]"


def check_rows(
    raw: ir.Table,
    contract: type[TableContract],
    timezone: str,
    checked_customers: ir.Table | None = None,
) -> ir.Table:
    """Check each distinct row against its contract.

    Args:
        raw: The table as delivered; columns that the contract does not list are dropped.
        contract: The primary contract: types and rules.
        timezone: The operator's time zone. A timestamp or text with a zone becomes the day, or the
            local time, that it was there.
        checked_customers: Checked customers, if each row must belong to a trusted customer.

    Returns:
        One row per distinct row, with the contract's columns and `broken_rule`, null for a trusted
        row; `blanked_by`, the first rule that blanked a late value of a trusted row, and for each
        late column `<column>__blanked_by`; `raw_content`, JSON of a row with either, long texts
        cut; `copies`, the number of deliveries.
    """
    trusted = None
    if checked_customers is not None:
        trusted = checked_customers.filter(checked_customers.broken_rule.isnull())
    typed = type_rows(raw, contract, timezone)
    return _resolve_repeats(apply_rules(typed, contract, trusted), contract)


def apply_rules(
    typed: ir.Table,
    contract: type[TableContract],
    trusted: ir.Table | None = None,
    keep: Sequence[str] = (),
) -> ir.Table:
    """Find the first rule that each row breaks, and blank late values that break one.

    Args:
        typed: Rows of `type_rows`.
        contract: The primary contract.
        trusted: The trusted customers, if each row must belong to one.
        keep: Further columns to keep.

    Returns:
        One row per typed row, with the columns of `check_rows` except `copies`, and those to keep.
    """
    rules = list_rules(typed, contract)
    types = [name for name in column_types(contract) if name in typed.columns]
    if trusted is not None:
        rules["unknown_customer"] = ~typed.customer_id.isin(trusted.customer_id)
    late = rules_by_late_column(rules, types, contract)
    late_rules = {name for of_column in late.values() for name in of_column}
    broken = first_broken_rule([rule for rule in rules.items() if rule[0] not in late_rules])
    blanked = first_broken_rule([rule for rule in rules.items() if rule[0] in late_rules])
    return typed.select(
        *[name for name in types if name not in late],
        *keep,
        **{
            name: ibis.ifelse(
                ibis.or_(*of_column.values()), ibis.null(typed[name].type()), typed[name]
            )
            for name, of_column in late.items()
        },
        **{
            f"{name}{BLANKED_BY}": ibis.ifelse(
                broken.isnull(), first_broken_rule(list(of_column.items())), None
            )
            for name, of_column in late.items()
        },
        broken_rule=broken,
        blanked_by=ibis.ifelse(broken.isnull(), blanked, None),
        raw_content=ibis.ifelse(
            broken.notnull() | blanked.notnull(), _as_json(typed.raw_row), ibis.null("string")
        ),
    )


def type_rows(
    raw: ir.Table, contract: type[TableContract], timezone: str, keep: Sequence[str] = ()
) -> ir.Table:
    """Cast each column to its type in the contract.

    Args:
        raw: The table as delivered; columns that the contract does not list are dropped.
        contract: The primary contract.
        timezone: As in `check_rows`.
        keep: Further columns to keep.

    Returns:
        The columns of the contract, `<column>__untypable`, those to keep, and `raw_row`, the row as
        delivered.
    """
    types = {name: kind for name, kind in column_types(contract).items() if name in raw.columns}
    cast = {name: _cast(raw[name], kind, timezone) for name, kind in types.items()}
    return raw.select(
        **cast,
        **{f"{name}{UNTYPABLE}": _is_untypable(raw[name], value) for name, value in cast.items()},
        **{name: raw[name] for name in keep},
        raw_row=_as_struct(raw, list(types)),
    )


def list_rules(typed: ir.Table, contract: type[TableContract]) -> dict[str, ir.BooleanValue]:
    """Return whether each row breaks a rule, by rule in the order of the contract.

    Args:
        typed: Rows of `type_rows`.
        contract: The primary contract.
    """
    types = [name for name in column_types(contract) if name in typed.columns]
    rules = {f"{name}_type": typed[f"{name}{UNTYPABLE}"] for name in types}
    return rules | dict(broken_rules(typed, contract.to_schema()))


def find_sound(typed: ir.Table, contract: type[TableContract]) -> ir.BooleanValue:
    """Return whether each typed row breaks no rule; never null."""
    types = [name for name in column_types(contract) if name in typed.columns]
    fitting = [~typed[f"{name}{UNTYPABLE}"] for name in types]
    return is_sound(typed, contract.to_schema(), *fitting)


def drop_bookkeeping(checked: ir.Table) -> ir.Table:
    """Return checked rows with only the columns of their contract."""
    blanked = [column for column in checked.columns if column.endswith(BLANKED_BY)]
    return checked.drop(*BOOKKEEPING, *blanked)


def select_rejected(checked: ir.Table, name: str, contract: type[TableContract]) -> ir.Table:
    """Return the rows that break a rule, as `RejectedRows`; long texts are cut."""
    rejected = checked.filter(checked.broken_rule.notnull())
    if "is_duplicate" in rejected.columns:
        rejected = rejected.filter(~rejected.is_duplicate)
    columns = [column for column in column_types(contract) if column in rejected.columns]
    key = [_cut(rejected[column].cast("string")) for column in key_columns(contract)]
    return rejected.select(
        table=ibis.literal(name),
        key=ibis.literal("/").join(key),
        rule=rejected.broken_rule,
        content=ibis.coalesce(rejected.raw_content, _as_json(_as_struct(rejected, columns))),
    )


def _is_castable(found: dt.DataType, kind: dt.DataType) -> bool:
    """Return whether a cast keeps the meaning: a boolean is not a count, a number not a date.

    Engines cast these silently: DuckDB casts a boolean to 1, Spark a timestamp to its seconds.
    """
    if kind.is_numeric():
        return found.is_numeric() or found.is_string()
    if kind.is_date() or kind.is_timestamp():
        return found.is_date() or found.is_timestamp() or found.is_string()
    return True


def _cast(value: ir.Value, kind: dt.DataType, timezone: str) -> ir.Value:
    if not _is_castable(value.type(), kind):
        return ibis.null(kind)
    if kind.is_date() or kind.is_timestamp():
        return cast_to_calendar(value, kind, timezone)
    return value.try_cast(kind)


def _is_untypable(value: ir.Value, cast: ir.Value) -> ir.BooleanValue:
    """Return whether a value does not fit the type: text in a number, a fraction in a count.

    Text that the catalog does not describe fits no type.
    """
    found, kind = value.type(), cast.type()
    is_lost = value.notnull() & cast.isnull()
    if kind.is_string():
        return is_lost | cast.endswith(NOT_UNDERSTOOD).fill_null(False)
    if found == kind:
        return ibis.literal(False)
    if not kind.is_integer() or found.is_integer() or not _is_castable(found, kind):
        return is_lost
    return is_lost | (value.try_cast("float64") % 1 != 0).fill_null(False)


def rules_by_late_column(
    rules: dict[str, ir.BooleanValue], columns: list[str], contract: type[TableContract]
) -> dict[str, dict[str, ir.BooleanValue]]:
    """Return the rules of each late column."""
    of_column = {name: find_column(name, columns) for name in rules}
    return {
        column: {name: broken for name, broken in rules.items() if of_column[name] == column}
        for column in late_columns(contract)
        if column in columns
    }


def find_column(rule: str, columns: list[str]) -> str | None:
    """Return the longest column that begins a rule: `paid_on_type` does not belong to `paid`."""
    named = [column for column in columns if rule.startswith(f"{column}_")]
    return max(named, key=len, default=None)


def _resolve_repeats(judged: ir.Table, contract: type[TableContract]) -> ir.Table:
    """Count identical rows, and reject different rows with the same key.

    Few keys repeat: selecting their rows first avoids sorting all other rows.
    """
    key = key_columns(contract)
    deliveries = judged.group_by(key).agg(rows=ibis._.count())
    repeated = deliveries.filter(deliveries.rows > 1).select(*key)
    once = judged.anti_join(repeated, key).mutate(copies=ibis.literal(1, "int64"))
    rest = judged.semi_join(repeated, key)
    came = [column for column in (LOADED_AT,) if column in rest.columns]
    distinct = rest.group_by(rest.drop(*came).columns).agg(
        **{column: rest[column].min() for column in came}, copies=ibis._.count()
    )
    return ibis.union(once, reject_repeated_keys(distinct, contract).select(once.columns))


def settle_repeats(rows: ir.Table, contract: type[TableContract]) -> ir.Table:
    """Keep one of the rows with the same key, from whatever deliveries.

    Args:
        rows: Rows with `broken_rule` and `delivered_in`. A row with a null in its key stays alone.
        contract: The contract, which names the key.

    Returns:
        The same rows with `is_duplicate`: the row is equal to an earlier one. If different rows
        have the same key, all but the first break the rule `repeated_key`.
    """
    came = [column for column in (LOADED_AT, DELIVERED_IN) if column in rows.columns]
    content = [column for column in rows.columns if column not in came]
    rank = ibis.row_number().over(group_by=content, order_by=came)
    is_whole = ibis.and_(*[rows[column].notnull() for column in key_columns(contract)])
    flagged = rows.mutate(is_duplicate=(rank > 0) & is_whole)
    first = reject_repeated_keys(flagged.filter(~flagged.is_duplicate), contract)
    return ibis.union(first, flagged.filter(flagged.is_duplicate).select(*first.columns))


def reject_repeated_keys(distinct: ir.Table, contract: type[TableContract]) -> ir.Table:
    """Keep one of the different rows with the same key; reject the others.

    The first row is kept, ordered by load time, dates and content, then by late columns, filled
    ones first. Late columns come last: a later value must not decide which row was known before.
    """
    types, late = column_types(contract), late_columns(contract)
    firm = [name for name in types if name not in late and name != LOADED_AT]
    came = [name for name in (LOADED_AT,) if name in distinct.columns]
    dates = [name for name in firm if types[name].is_date()]
    order = [distinct[name] for name in [*came, *dates, *firm, *late, "raw_content"]]
    partition = [*key_columns(contract), distinct.broken_rule.isnull().name("is_kept")]
    rank = ibis.row_number().over(group_by=partition, order_by=order)
    is_repeat = distinct.broken_rule.isnull() & (rank > 0)
    return distinct.mutate(broken_rule=ibis.ifelse(is_repeat, "repeated_key", distinct.broken_rule))


def _as_struct(table: ir.Table, columns: list[str]) -> ir.StructValue:
    return ibis.struct({name: table[name] for name in columns})


def _as_json(row: ir.StructValue) -> ir.StringValue:
    cut = ibis.struct({name: _cut(row[name]) for name in row.names})
    return cut.cast("json").cast("string")


def _cut(value: ir.Value) -> ir.Value:
    """Cut a long text and mark the cut; return any other value unchanged."""
    if value.type().is_binary():
        value = value.cast("string")
    if not value.type().is_string():
        return value
    cut = value.left(LONGEST_TEXT) + ibis.literal(CUT_MARK)
    return ibis.ifelse(value.length() > LONGEST_TEXT, cut, value)
