"""From raw tables to trusted ones: typed, deduplicated, judged row by row, identifiers gone.

In: raw tables as delivered. Out: for each table its rows with the rule they break; of these the
rejected rows of all tables, a report that accounts for every row, and the primary tables.
"""

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.errors import RefusedError
from telco_churn.contracts import (
    Cancellations,
    Contacts,
    Customers,
    Invoices,
    Subscriptions,
    Usage,
)
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.row_checks import check_rows, drop_bookkeeping, select_rejected

CONTRACTS = {
    "customers": Customers,
    "subscriptions": Subscriptions,
    "usage": Usage,
    "invoices": Invoices,
    "contacts": Contacts,
    "cancellations": Cancellations,
}
KEPT, DUPLICATE = "kept", "duplicate"
BLANKED = "blanked_"
DAYS_AROUND = 28  # with rows, to either side of a day, that say what is usual


class TooManyRejectedError(RefusedError):
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


def collect_rejected_rows(**checked: ir.Table) -> ir.Table:
    """Gather the rows that broke a rule, each once however often it was delivered.

    Args:
        **checked: The checked rows of each table, by its name.
    """
    return ibis.union(
        *[select_rejected(rows, name, CONTRACTS[name]) for name, rows in checked.items()]
    )


def report_ingestion(**checked: ir.Table) -> pd.DataFrame:
    """Account for every delivered row: kept, a duplicate, or rejected by which rule.

    Args:
        **checked: The checked rows of each table, by its name.
    """
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


def trust_kept_rows(checked: ir.Table, accepted_late_values: pd.DataFrame) -> ir.Table:
    """Keep the rows that break no rule, once the reports were accepted."""
    del accepted_late_values
    return drop_bookkeeping(checked.filter(checked.broken_rule.isnull()))


def measure_coverage(
    checked_usage: ir.Table, accepted_late_values: pd.DataFrame, params: IngestionParams
) -> ir.Table:
    """Find the first and last day that usage was delivered for, once the reports were accepted.

    Half a day, or a mistyped date, is no delivery. What is usual is said by the days around, for
    operators grow.

    Args:
        checked_usage: With `broken_rule`.
        accepted_late_values: Not read.
        params: `full_day_share`, from which a day counts.

    Returns:
        One row: `first_day`, `last_day`.
    """
    del accepted_late_values
    kept = checked_usage.filter(checked_usage.broken_rule.isnull())
    days = kept.group_by("day").agg(rows=ibis._.count()).order_by("day").to_pandas()
    around = days["rows"].rolling(2 * DAYS_AROUND + 1, center=True, min_periods=1)
    whole = days.loc[days["rows"] >= params.full_day_share * around.median(), "day"]
    covered = {"first_day": [whole.min()], "last_day": [whole.max()]}
    return ibis.memtable(pd.DataFrame(covered), schema=dict.fromkeys(covered, "date"))


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
