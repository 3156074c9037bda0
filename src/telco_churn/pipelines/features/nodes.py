"""Describes customers as they were known on the morning of a date, and labels what came after.

In: snapshots and primary tables. Out: groups of features, one row per snapshot each; put together,
`customer_features`; with the label, `labelled_features`. All are expressions: the engine computes.
"""

import ibis
import ibis.expr.types as ir

from telco_churn.parameters import FeatureParams, LabelParams
from telco_churn.pipelines.features.windows import KEY, aggregate_windows, join_known_events

COMPLAINT = "complaint"
PRICE_MEMORY_DAYS = 90
RECENT_BILL_DAYS = 35  # one billing cycle and some slack
USUAL_BILL_DAYS = 400
DECIMALS = 6


def describe_customers(snapshots: ir.Table, customers: ir.Table) -> ir.Table:
    """Who the customer is, and for how many days."""
    joined = snapshots.join(customers, "customer_id")
    return joined.select(
        *KEY,
        "segment",
        "region",
        "age_band",
        tenure_days=joined.as_of.delta(joined.signed_up_on, unit="day"),
    )


def describe_subscriptions(snapshots: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """The subscription in force: the last version from before `as_of`.

    Days to the contract's end are negative once it is over and null without a contract.
    """
    versions = snapshots.join(subscriptions, "customer_id")
    versions = versions.filter(versions.valid_from < versions.as_of)
    remembered = versions.as_of.delta(versions.valid_from, unit="day") > PRICE_MEMORY_DAYS
    since = versions.valid_from
    last = versions.group_by(list(KEY)).agg(
        plan=versions.plan.argmax(since),
        technology=versions.technology.argmax(since),
        payment_method=versions.payment_method.argmax(since),
        contract_months=versions.contract_months.argmax(since),
        contract_started_on=versions.contract_started_on.argmax(since),
        monthly_price=versions.monthly_price.argmax(since),
        earlier_price=versions.monthly_price.argmax(since, where=remembered),
    )
    contract_days = (last.contract_months * 365.25 / 12).round().cast("int64")
    run = last.as_of.delta(last.contract_started_on, unit="day")
    return last.select(
        *KEY,
        "plan",
        "technology",
        "payment_method",
        "contract_months",
        "monthly_price",
        contract_days_left=ibis.ifelse(last.contract_months > 0, contract_days - run, None),
        price_change_90d=last.monthly_price / last.earlier_price.nullif(0) - 1,
    )


def aggregate_usage(snapshots: ir.Table, usage: ir.Table, features: FeatureParams) -> ir.Table:
    """Windowed features of daily usage."""
    window = features.windows.usage
    known = join_known_events(snapshots, usage, window)
    return aggregate_windows(snapshots, known, window, "usage")


def aggregate_contacts(
    snapshots: ir.Table, contacts: ir.Table, features: FeatureParams
) -> ir.Table:
    """Windowed features of contacts; how one ended is known once it was resolved."""
    window = features.windows.contacts
    known = join_known_events(snapshots, contacts, window)
    is_resolved = (known.resolved_on < known.as_of).fill_null(False)
    known = known.mutate(
        complaint=(known.topic == COMPLAINT).cast("int64"),
        resolved_on=ibis.ifelse(is_resolved, known.resolved_on, None),
        satisfaction=ibis.ifelse(is_resolved, known.satisfaction, None),
    )
    return aggregate_windows(snapshots, known, window, "contacts")


def aggregate_invoices(
    snapshots: ir.Table, invoices: ir.Table, features: FeatureParams
) -> ir.Table:
    """Windowed features of invoices; a payment is known once it came in before `as_of`."""
    window = features.windows.invoices
    known = join_known_events(snapshots, invoices, window)
    is_paid = (known.paid_on < known.as_of).fill_null(False)
    settled_on = ibis.ifelse(is_paid, known.paid_on, known.as_of)
    days_late = ibis.greatest(settled_on.delta(known.due_on, unit="day"), 0)
    is_owed = ~is_paid & (known.due_on < known.as_of)
    known = known.mutate(
        days_late=days_late,
        unpaid_amount=ibis.ifelse(is_owed, known.amount, 0.0),
        paid_on=ibis.ifelse(is_paid, known.paid_on, None),
    )
    return aggregate_windows(snapshots, known, window, "invoices")


def measure_bill_shock(snapshots: ir.Table, invoices: ir.Table) -> ir.Table:
    """The highest bill of the last cycle against the usual one before, as a share above it."""
    pairs = snapshots.join(invoices.select("customer_id", "issued_on", "amount"), "customer_id")
    days_before = pairs.as_of.delta(pairs.issued_on, unit="day")
    bills = pairs.group_by(list(KEY)).agg(
        recent=pairs.amount.max(where=days_before.between(1, RECENT_BILL_DAYS)),
        usual=pairs.amount.mean(where=days_before.between(RECENT_BILL_DAYS + 1, USUAL_BILL_DAYS)),
    )
    return bills.select(*KEY, bill_shock=bills.recent / bills.usual.nullif(0) - 1)


def assemble_features(snapshots: ir.Table, *groups: ir.Table) -> ir.Table:
    """Join groups of features into one row per snapshot; what a group does not know is null.

    Fractions are rounded: the order in which an engine adds numbers up shows in their last digits,
    and the same date must give the same features.
    """
    features = snapshots
    for group in groups:
        features = features.left_join(group, list(KEY)).drop(*(f"{column}_right" for column in KEY))
    fractions = [name for name, kind in features.schema().items() if kind.is_floating()]
    return features.mutate(**{name: features[name].round(DECIMALS) for name in fractions})


def label_churn(snapshots: ir.Table, cancellations: ir.Table, label: LabelParams) -> ir.Table:
    """Mark each snapshot that cancels within the label window.

    Args:
        snapshots: One row per `customer_id` and `as_of`.
        cancellations: At most one row per `customer_id`.
        label: `horizon_days`, the length of the window that starts on `as_of`.

    Returns:
        The same rows with `churned`, a boolean that is never null.
    """
    joined = snapshots.left_join(cancellations, "customer_id")
    days_left = joined.cancelled_on.delta(joined.as_of, unit="day")
    return joined.select(
        *snapshots.columns, churned=days_left.between(0, label.horizon_days - 1).fill_null(False)
    )
