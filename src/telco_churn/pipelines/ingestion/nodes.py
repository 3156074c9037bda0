"""From raw tables to trusted ones: typed, deduplicated, judged row by row, identifiers gone.

In: raw tables as delivered. Out: for each table its rows with the rule they break; of these the
rejected rows of all tables, a report that accounts for every row, and the primary tables.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

from telco_churn.contracts import (
    Cancellations,
    Contacts,
    Customers,
    Invoices,
    Subscriptions,
    TableContract,
    Usage,
)
from telco_churn.contracts.row_rules import (
    broken_rules,
    column_types,
    first_broken_rule,
    key_columns,
    late_columns,
)
from telco_churn.errors import InputError
from telco_churn.parameters import IngestionParams

KEPT, DUPLICATE = "kept", "duplicate"
BLANKED = "blanked_"
BOOKKEEPING = ("broken_rule", "blanked_by", "raw_content", "copies")
FAIR_SHARE = 0.1  # of the median day's rows
UNTYPABLE = "__untypable"


class TooManyRejectedError(InputError):
    """More of a table was rejected than `ingestion.max_rejected_fraction` allows."""


def check_customers(raw_customers: ir.Table) -> ir.Table:
    """Type and judge customers; their direct identifiers end here."""
    return check_rows(raw_customers, Customers)


def check_subscriptions(raw_subscriptions: ir.Table, checked_customers: ir.Table) -> ir.Table:
    """Type and judge subscriptions."""
    return check_rows(raw_subscriptions, Subscriptions, checked_customers)


def check_usage(raw_usage: ir.Table, checked_customers: ir.Table) -> ir.Table:
    """Type and judge daily usage."""
    return check_rows(raw_usage, Usage, checked_customers)


def check_invoices(raw_invoices: ir.Table, checked_customers: ir.Table) -> ir.Table:
    """Type and judge invoices."""
    return check_rows(raw_invoices, Invoices, checked_customers)


def check_contacts(raw_contacts: ir.Table, checked_customers: ir.Table) -> ir.Table:
    """Type and judge contacts."""
    return check_rows(raw_contacts, Contacts, checked_customers)


def check_cancellations(raw_cancellations: ir.Table, checked_customers: ir.Table) -> ir.Table:
    """Type and judge cancellations."""
    return check_rows(raw_cancellations, Cancellations, checked_customers)


def check_rows(
    raw: ir.Table, contract: type[TableContract], checked_customers: ir.Table | None = None
) -> ir.Table:
    """Judge each distinct row by its contract.

    Args:
        raw: As delivered; columns that the contract does not know are dropped.
        contract: The primary contract: types and rules.
        checked_customers: Checked customers, where rows must belong to a trusted one.

    Returns:
        One row per distinct row: the contract's columns; `broken_rule`, null for a row to trust;
        `blanked_by`, the rule by which a value filled in later was taken out of a row to trust;
        `raw_content`, JSON of a row with either; `copies`, how often it was delivered.
    """
    types = column_types(contract)
    typed = raw.select(
        **{name: raw[name].try_cast(kind) for name, kind in types.items()},
        **{f"{name}{UNTYPABLE}": _is_untypable(raw[name], kind) for name, kind in types.items()},
        raw_content=_as_json(raw, list(types)),
    )
    rules = {f"{name}_type": typed[f"{name}{UNTYPABLE}"] for name in types}
    rules |= dict(broken_rules(typed, contract)) | _unknown_customer(typed, checked_customers)
    late = {name: _rules_of(name, rules) for name in late_columns(contract)}
    late_rules = {name for of_column in late.values() for name in of_column}
    broken = first_broken_rule([rule for rule in rules.items() if rule[0] not in late_rules])
    blanked = first_broken_rule([rule for rule in rules.items() if rule[0] in late_rules])
    judged = typed.select(
        *[name for name in types if name not in late],
        **{name: _blank(typed[name], of_column) for name, of_column in late.items()},
        broken_rule=broken,
        blanked_by=ibis.ifelse(broken.isnull(), blanked, None),
        raw_content=ibis.ifelse(
            broken.notnull() | blanked.notnull(), typed.raw_content, ibis.null("string")
        ),
    )
    distinct = judged.group_by([*types, *BOOKKEEPING[:-1]]).agg(copies=ibis._.count())
    return _reject_repeated_keys(distinct, contract)


def collect_rejected_rows(
    checked_customers: ir.Table,
    checked_subscriptions: ir.Table,
    checked_usage: ir.Table,
    checked_invoices: ir.Table,
    checked_contacts: ir.Table,
    checked_cancellations: ir.Table,
) -> ir.Table:
    """Gather the rows that broke a rule, each as often as it was delivered less its duplicates."""
    checked = {
        "customers": (checked_customers, Customers),
        "subscriptions": (checked_subscriptions, Subscriptions),
        "usage": (checked_usage, Usage),
        "invoices": (checked_invoices, Invoices),
        "contacts": (checked_contacts, Contacts),
        "cancellations": (checked_cancellations, Cancellations),
    }
    return ibis.union(
        *[_select_rejected(rows, name, contract) for name, (rows, contract) in checked.items()]
    )


def report_ingestion(
    checked_customers: ir.Table,
    checked_subscriptions: ir.Table,
    checked_usage: ir.Table,
    checked_invoices: ir.Table,
    checked_contacts: ir.Table,
    checked_cancellations: ir.Table,
) -> pd.DataFrame:
    """Account for every delivered row: kept, a duplicate, or rejected by which rule."""
    checked = {
        "customers": checked_customers,
        "subscriptions": checked_subscriptions,
        "usage": checked_usage,
        "invoices": checked_invoices,
        "contacts": checked_contacts,
        "cancellations": checked_cancellations,
    }
    return pd.concat([_count_outcomes(rows, name) for name, rows in checked.items()])


def stop_when_too_many_rejected(
    ingestion_report: pd.DataFrame, rejected_rows: ir.Table, params: IngestionParams
) -> pd.DataFrame:
    """Let the report pass when no table lost too large a share of its rows.

    Args:
        ingestion_report: Rows by table and outcome.
        rejected_rows: Not read: the run stops only once they are saved.
        params: The largest share allowed.

    Raises:
        TooManyRejectedError: Names each table over the limit, its share and its counts by rule.
    """
    del rejected_rows
    too_many = [
        message
        for table, outcomes in ingestion_report.groupby("table", sort=False)
        if (message := _complain(str(table), outcomes, params.max_rejected_fraction))
    ]
    if too_many:
        raise TooManyRejectedError(
            " ".join(too_many)
            + f" Allowed is {params.max_rejected_fraction:.1%} (ingestion.max_rejected_fraction)."
            " Look at rejected_rows, then deliver the table again or raise the limit in"
            " conf/base/parameters/ingestion.yml."
        )
    return ingestion_report


def trust_kept_rows(checked: ir.Table, accepted_report: pd.DataFrame) -> ir.Table:
    """Keep the rows that break no rule, once the report was accepted."""
    del accepted_report
    return checked.filter(checked.broken_rule.isnull()).drop(*BOOKKEEPING)


def measure_coverage(checked_usage: ir.Table, accepted_report: pd.DataFrame) -> ir.Table:
    """Find the first and last day that usage was delivered for, once the report was accepted.

    A day counts when it has a fair share of a usual day's rows: one mistyped date is no delivery.
    """
    del accepted_report
    kept = checked_usage.filter(checked_usage.broken_rule.isnull())
    days = kept.group_by("day").agg(rows=ibis._.count())
    delivered = days.filter(days.rows >= FAIR_SHARE * days.rows.median().as_scalar())
    return delivered.agg(first_day=delivered.day.min(), last_day=delivered.day.max()).select(
        "first_day", "last_day"
    )


def _is_untypable(value: ir.Value, kind: dt.DataType) -> ir.BooleanValue:
    """Whether a value is there and is not of a type: text in a number, a fraction in a count."""
    if value.type() == kind:
        return ibis.literal(False)
    is_lost = value.notnull() & value.try_cast(kind).isnull()
    if not kind.is_integer() or value.type().is_integer():
        return is_lost
    return is_lost | (value.try_cast("float64") % 1 != 0).fill_null(False)


def _unknown_customer(
    rows: ir.Table, checked_customers: ir.Table | None
) -> dict[str, ir.BooleanValue]:
    if checked_customers is None:
        return {}
    known = checked_customers.filter(checked_customers.broken_rule.isnull()).customer_id
    return {"unknown_customer": ~rows.customer_id.isin(known)}


def _rules_of(column: str, rules: dict[str, ir.BooleanValue]) -> dict[str, ir.BooleanValue]:
    return {name: broken for name, broken in rules.items() if name.startswith(f"{column}_")}


def _blank(value: ir.Value, rules: dict[str, ir.BooleanValue]) -> ir.Value:
    return ibis.ifelse(ibis.or_(*rules.values()), ibis.null(value.type()), value)


def _reject_repeated_keys(distinct: ir.Table, contract: type[TableContract]) -> ir.Table:
    """Of rows that differ but share a key, keep one; reject the others.

    The earliest is kept, then the first by content, then the one with more filled in. Columns that
    are filled in later come last: what they say must not choose what was known before.
    """
    types, late = column_types(contract), late_columns(contract)
    firm = [name for name in types if name not in late]
    dates = [name for name in firm if types[name].is_date()]
    order = [distinct[name] for name in [*dates, *firm, *late]]
    partition = [*key_columns(contract), distinct.broken_rule.isnull().name("is_kept")]
    rank = ibis.row_number().over(group_by=partition, order_by=order)
    is_repeat = distinct.broken_rule.isnull() & (rank > 0)
    return distinct.mutate(broken_rule=ibis.ifelse(is_repeat, "repeated_key", distinct.broken_rule))


def _as_json(table: ir.Table, columns: list[str]) -> ir.StringValue:
    row = ibis.struct({name: table[name] for name in columns})
    return row.cast("json").cast("string")


def _select_rejected(checked: ir.Table, name: str, contract: type[TableContract]) -> ir.Table:
    rejected = checked.filter(checked.broken_rule.notnull())
    columns = list(column_types(contract))
    key = [rejected[column].cast("string") for column in key_columns(contract)]
    return rejected.select(
        table=ibis.literal(name),
        key=ibis.literal("/").join(key),
        rule=rejected.broken_rule,
        content=ibis.coalesce(rejected.raw_content, _as_json(rejected, columns)),
    )


def _count_outcomes(checked: ir.Table, name: str) -> pd.DataFrame:
    outcome = ibis.coalesce(checked.broken_rule, ibis.literal(BLANKED) + checked.blanked_by, KEPT)
    counts = checked.group_by(outcome=outcome).agg(
        rows=ibis._.count(), duplicates=(ibis._.copies - 1).sum()
    )
    frame = counts.order_by("outcome").to_pandas().set_index("outcome")
    kept = frame["rows"].get(KEPT, 0)
    others = frame["rows"].drop(KEPT, errors="ignore").to_dict()
    outcomes = {KEPT: kept, DUPLICATE: frame["duplicates"].sum(), **others}
    rows = pd.Series(outcomes, name="rows", dtype="int64").rename_axis("outcome").reset_index()
    return rows.assign(table=name)[["table", "outcome", "rows"]]


def _complain(table: str, outcomes: pd.DataFrame, allowed: float) -> str | None:
    rejected = outcomes[_is_rejected(outcomes)]
    share = rejected["rows"].sum() / max(outcomes["rows"].sum(), 1)
    if share <= allowed:
        return None
    by_rule = ", ".join(f"{row.outcome} {row.rows:,}" for row in rejected.itertuples())
    return f"raw_{table}: {share:.1%} of {outcomes['rows'].sum():,} rows rejected ({by_rule})."


def _is_rejected(report: pd.DataFrame) -> pd.Series:
    outcome = report["outcome"]
    return ~outcome.isin([KEPT, DUPLICATE]) & ~outcome.str.startswith(BLANKED)
