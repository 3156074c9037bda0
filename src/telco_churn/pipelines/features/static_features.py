"""Static features: features of a customer that need their own function instead of a window.

In: snapshots and a primary table. Out: a few features, one row per snapshot with data in the table.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from kedro_asof.windows.point_in_time import join_known, known_value
from telco_churn.pipelines.features.snapshots import KEY

PRICE_MEMORY_DAYS = 90
RECENT_BILL_DAYS = 35  # one billing cycle and a margin
USUAL_BILL_DAYS = 400
PAYMENT_DAYS = 365


def describe_customers(snapshots: ir.Table, customers: ir.Table) -> ir.Table:
    """Describe the customer: segment, region, age band and tenure."""
    joined = snapshots.join(customers, "customer_id")
    return joined.select(
        *KEY,
        "segment",
        "region",
        "age_band",
        tenure_days=joined.as_of.delta(joined.signed_up_on, unit="day"),
    )


def describe_subscriptions(snapshots: ir.Table, subscriptions: ir.Table) -> ir.Table:
    """Describe the subscription in force: the last version from before `as_of`.

    `contract_days_left` is negative after the contract's end and null without a contract.
    """
    versions = join_known(snapshots, subscriptions, "valid_from")
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


def measure_invoices(snapshots: ir.Table, invoices: ir.Table) -> ir.Table:
    """Measure the unpaid amount and the delay of payments of the last year, and the bill shock.

    A payment counts from the day after it. Until then, the delay grows each day. The bill shock is
    the excess of the highest recent bill over the usual bill, as a share of it.
    """
    pairs = join_known(snapshots, invoices, "issued_on")
    age = pairs.as_of.delta(pairs.issued_on, unit="day")
    bills = pairs.mutate(age=age).filter(age <= USUAL_BILL_DAYS)
    paid_on = known_value(bills, "paid_on", "paid_on", bills.as_of)
    days_late = ibis.greatest(
        ibis.coalesce(paid_on, bills.as_of).delta(bills.due_on, unit="day"), 0
    )
    is_owed = paid_on.isnull() & (bills.due_on < bills.as_of)
    owed = ibis.ifelse(is_owed, bills.amount, 0.0)
    is_of_year = bills.age <= PAYMENT_DAYS
    is_recent = bills.age <= RECENT_BILL_DAYS
    measured = bills.group_by(list(KEY)).agg(
        unpaid_amount=owed.sum(where=is_of_year),
        days_late_mean_365d=days_late.mean(where=is_of_year),
        days_late_max_365d=days_late.max(where=is_of_year),
        recent=bills.amount.max(where=is_recent),
        usual=bills.amount.mean(where=~is_recent),
    )
    shock = measured.recent / measured.usual.nullif(0) - 1
    return measured.mutate(bill_shock=shock).drop("recent", "usual")


@dataclass(frozen=True)
class StaticFeatures:
    """A function that computes features, with its table and the meaning of its features.

    Attributes:
        function: Computes the features from snapshots and a table.
        table: Name of the primary table.
        features: Meaning and unit of each feature, by name. Plots show a meaning up to its first
            colon.
    """

    function: Callable[[ir.Table, ir.Table], ir.Table]
    table: str
    features: dict[str, tuple[str, str]]


STATIC_FEATURES = (
    StaticFeatures(
        describe_customers,
        "customers",
        {
            "segment": ("segment of the customer: consumer or business", "category"),
            "region": ("region where the customer lives", "category"),
            "age_band": ("age band of the customer, as last recorded", "category"),
            "tenure_days": ("time since sign-up", "days"),
        },
    ),
    StaticFeatures(
        describe_subscriptions,
        "subscriptions",
        {
            "plan": ("plan in force", "category"),
            "technology": ("access technology in force", "category"),
            "payment_method": ("payment method in force", "category"),
            "contract_months": ("length of the contract: 0 without a contract", "months"),
            "monthly_price": ("price in force", "currency per month"),
            "contract_days_left": (
                "time until the contract ends: negative after its end, empty without a contract",
                "days",
            ),
            "price_change_90d": ("change of the price since 90 days ago", "share of that price"),
        },
    ),
    StaticFeatures(
        measure_invoices,
        "invoices",
        {
            "unpaid_amount": ("unpaid amount of the overdue invoices of the last year", "currency"),
            "days_late_mean_365d": ("mean payment delay of the invoices of the last year", "days"),
            "days_late_max_365d": (
                "longest payment delay of the invoices of the last year",
                "days",
            ),
            "bill_shock": (
                "excess of the highest bill of the last 35 days over the mean of the year before",
                "share of that mean",
            ),
        },
    ),
)


def list_static_features(absent: Collection[str] = ()) -> list[StaticFeatures]:
    """Return the static features, without those of absent tables."""
    return [each for each in STATIC_FEATURES if each.table not in absent]
