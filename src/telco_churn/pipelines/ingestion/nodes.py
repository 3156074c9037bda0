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
)
from telco_churn.errors import InputError
from telco_churn.parameters import IngestionParams

KEPT, DUPLICATE = "kept", "duplicate"
BOOKKEEPING = ("broken_rule", "raw_content", "copies")


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
        One row per distinct row: the contract's columns, `broken_rule` (null for a row to trust),
        `raw_content` (JSON of a row that breaks a rule) and `copies`, how often it was delivered.
    """
    types = column_types(contract)
    typed = {name: raw[name].try_cast(kind) for name, kind in types.items()}
    untypable = [
        (f"{name}_type", raw[name].notnull() & typed[name].isnull())
        for name, kind in types.items()
        if raw[name].type() != kind
    ]
    as_delivered = raw.select(
        **typed,
        broken_type=first_broken_rule(untypable),
        raw_content=_as_json(raw, list(types)),
    )
    rules = [
        *broken_rules(as_delivered, contract),
        *_unknown_customer(as_delivered, checked_customers),
    ]
    broken = ibis.coalesce(as_delivered.broken_type, first_broken_rule(rules))
    judged = as_delivered.select(
        *types,
        broken_rule=broken,
        raw_content=ibis.ifelse(broken.notnull(), as_delivered.raw_content, None),
    )
    distinct = judged.group_by(list(judged.columns)).agg(copies=ibis._.count())
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


def measure_coverage(
    checked_usage: ir.Table,
    checked_invoices: ir.Table,
    checked_contacts: ir.Table,
    accepted_report: pd.DataFrame,
) -> ir.Table:
    """Find the first and last day of each event table, once the report was accepted."""
    del accepted_report
    days = {
        "usage": (checked_usage, "day"),
        "invoices": (checked_invoices, "issued_on"),
        "contacts": (checked_contacts, "contacted_on"),
    }
    return ibis.union(
        *[
            rows.filter(rows.broken_rule.isnull()).agg(
                table=ibis.literal(name), first_day=rows[day].min(), last_day=rows[day].max()
            )
            for name, (rows, day) in days.items()
        ]
    )


def _unknown_customer(
    rows: ir.Table, checked_customers: ir.Table | None
) -> list[tuple[str, ir.BooleanValue]]:
    if checked_customers is None:
        return []
    known = checked_customers.filter(checked_customers.broken_rule.isnull()).customer_id
    return [("unknown_customer", ~rows.customer_id.isin(known))]


def _reject_repeated_keys(distinct: ir.Table, contract: type[TableContract]) -> ir.Table:
    """Of rows that differ but share a key, keep the first by date and content; reject the others.

    The earliest must win: otherwise a row dated after `as_of` could push out one from before it.
    """
    types = column_types(contract)
    dates = [name for name, kind in types.items() if isinstance(kind, dt.Date)]
    order = [distinct[name] for name in [*dates, *types]]
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
    outcome = ibis.coalesce(checked.broken_rule, KEPT)
    counts = checked.group_by(outcome=outcome).agg(
        rows=ibis._.count(), duplicates=(ibis._.copies - 1).sum()
    )
    frame = counts.order_by("outcome").to_pandas().set_index("outcome")
    kept = frame["rows"].get(KEPT, 0)
    rejected = frame["rows"].drop(KEPT, errors="ignore").to_dict()
    outcomes = {KEPT: kept, DUPLICATE: frame["duplicates"].sum(), **rejected}
    rows = pd.Series(outcomes, name="rows", dtype="int64").rename_axis("outcome").reset_index()
    return rows.assign(table=name)[["table", "outcome", "rows"]]


def _complain(table: str, outcomes: pd.DataFrame, allowed: float) -> str | None:
    rejected = outcomes[~outcomes["outcome"].isin([KEPT, DUPLICATE])]
    share = rejected["rows"].sum() / max(outcomes["rows"].sum(), 1)
    if share <= allowed:
        return None
    by_rule = ", ".join(f"{row.outcome} {row.rows:,}" for row in rejected.itertuples())
    return f"raw_{table}: {share:.1%} of {outcomes['rows'].sum():,} rows rejected ({by_rule})."
