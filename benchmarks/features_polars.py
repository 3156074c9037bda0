"""Computes the features of one date with handwritten lazy polars and its streaming engine.

In: the folder of the primary tables, `as_of`, the output path. Out: one Parquet file.
"""

import sys
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from polars import col

SUBSCRIPTION = ["plan", "technology", "payment_method", "contract_months", "monthly_price"]
TOPICS = ["complaint", "billing", "technical"]


def compute_features(data: Path, as_of: date, out: Path) -> None:
    """Write the features of all customers on `as_of`."""
    features = _list_customers(data, as_of)
    for group in (_describe_subscriptions, _measure_bills, _sum_up_usage, _count_contacts):
        features = features.join(group(data, as_of), on="customer_id", how="left")
    counts = "^(usage_.*_(sum|active_days)|contacts_.*_count)_.*$"
    features.with_columns(col(counts).fill_null(0)).sink_parquet(out, engine="streaming")


def _list_customers(data: Path, as_of: date) -> pl.LazyFrame:
    gone = pl.scan_parquet(data / "cancellations.parquet").filter(col("cancelled_on") < as_of)
    customers = pl.scan_parquet(data / "customers.parquet").filter(col("signed_up_on") < as_of)
    return customers.join(gone, on="customer_id", how="anti").select(
        "customer_id",
        "segment",
        "region",
        "age_band",
        as_of=pl.lit(as_of),
        tenure_days=_days_to(as_of, "signed_up_on"),
    )


def _describe_subscriptions(data: Path, as_of: date) -> pl.LazyFrame:
    versions = pl.scan_parquet(data / "subscriptions.parquet").filter(col("valid_from") < as_of)
    remembered = pl.when(_days_to(as_of, "valid_from") > 90).then("valid_from")
    last = versions.group_by("customer_id").agg(
        col(*SUBSCRIPTION, "contract_started_on").max_by("valid_from"),
        earlier_price=col("monthly_price").max_by(remembered),
    )
    days = (col("contract_months") * 365.25 / 12).round(mode="half_away_from_zero").cast(pl.Int64)
    return last.select(
        "customer_id",
        *SUBSCRIPTION,
        contract_days_left=pl.when(col("contract_months") > 0).then(
            days - _days_to(as_of, "contract_started_on")
        ),
        price_change_90d=_ratio(col("monthly_price"), col("earlier_price")) - 1,
    )


def _measure_bills(data: Path, as_of: date) -> pl.LazyFrame:
    days, amount = col("days"), col("amount")
    bills = _happened(data, "invoices", "issued_on", as_of, 400).with_columns(
        paid_on=pl.when(col("paid_on") < as_of).then("paid_on")
    )
    late = (col("paid_on").fill_null(as_of) - col("due_on")).dt.total_days().clip(0)
    owed = pl.when(col("paid_on").is_null() & (col("due_on") < as_of)).then(amount).otherwise(0.0)
    year = bills.with_columns(
        late=pl.when(days <= 365).then(late), owed=pl.when(days <= 365).then(owed)
    )
    windows = {length: pl.when(days <= length).then(amount) for length in (90, 365)}
    sums = year.group_by("customer_id").agg(
        unpaid_amount=col("owed").sum(),
        bills=col("owed").count(),
        days_late_mean_365d=col("late").mean(),
        days_late_max_365d=col("late").max(),
        recent=pl.when(days <= 35).then(amount).max(),
        usual=pl.when(days > 35).then(amount).mean(),
        **{f"invoices_amount_mean_{n}d": window.mean() for n, window in windows.items()},
        **{f"invoices_amount_max_{n}d": window.max() for n, window in windows.items()},
    )
    return sums.with_columns(
        unpaid_amount=pl.when(col("bills") > 0).then("unpaid_amount"),
        bill_shock=_ratio(col("recent"), col("usual")) - 1,
    ).drop("bills", "recent", "usual")


def _sum_up_usage(data: Path, as_of: date) -> pl.LazyFrame:
    """Aggregate ranges of days first, then combine them into windows: one pass over the rows."""
    days, outage = col("days"), col("outage_minutes")
    edges = pl.when(days <= 7).then(7).when(days <= 14).then(14).when(days <= 28).then(28)
    used = _happened(data, "usage", "day", as_of, 84).with_columns(
        stretch=edges.when(days <= 56).then(56).otherwise(84).cast(pl.Int8)
    )
    stretches = used.group_by("customer_id", "stretch").agg(
        col("call_minutes", "data_mb", "sms_count", "dropped_calls", "outage_minutes").sum(),
        days_used=pl.len(),
        worst=outage.max(),
        outage_days=(outage > 0).sum(),
        last_outage=pl.when(outage > 0).then(days).min(),
    )
    return stretches.group_by("customer_id").agg(
        *[
            _ratio(_within(column, n), _within("days_used", n)).alias(f"usage_{column}_mean_{n}d")
            for column in ("call_minutes", "data_mb", "sms_count")
            for n in (7, 28, 84)
        ],
        *[_trend(column, n) for column in ("call_minutes", "data_mb") for n in (7, 28)],
        *[
            _within(column, n).alias(f"usage_{column}_sum_{n}d")
            for column in ("dropped_calls", "outage_minutes")
            for n in (7, 28)
        ],
        usage_outage_minutes_max_28d=pl.when(col("stretch") <= 28).then("worst").max(),
        usage_outage_minutes_active_days_84d=col("outage_days").sum(),
        usage_outage_minutes_days_since_last_84d=col("last_outage").min(),
    )


def _count_contacts(data: Path, as_of: date) -> pl.LazyFrame:
    month, topics = col("days") <= 28, {name: col("topic") == name for name in TOPICS}
    complaint = topics["complaint"]
    contacts = _happened(data, "contacts", "contacted_on", as_of, 56).with_columns(
        rating=pl.when(col("resolved_on") < as_of).then("satisfaction")
    )
    return contacts.group_by("customer_id").agg(
        contacts_contact_id_count_28d=month.sum(),
        contacts_contact_id_count_56d=pl.len(),
        contacts_contact_id_days_since_last_56d=col("days").min(),
        contacts_satisfaction_mean_28d=pl.when(month).then("rating").mean(),
        contacts_satisfaction_mean_56d=col("rating").mean(),
        contacts_topic_complaint_count_28d=(complaint & month).sum(),
        contacts_topic_complaint_count_56d=complaint.sum(),
        contacts_topic_complaint_share_28d=_ratio((complaint & month).sum(), month.sum()),
        **{f"contacts_topic_{name}_share_56d": of.mean() for name, of in topics.items()},
    )


def _happened(data: Path, table: str, on: str, as_of: date, days: int) -> pl.LazyFrame:
    """Return the rows of the last `days` before `as_of`, with `days`, their distance to it."""
    first = as_of - timedelta(days=days)
    rows = pl.scan_parquet(data / f"{table}.parquet").filter(col(on) < as_of, col(on) >= first)
    return rows.with_columns(days=_days_to(as_of, on))


def _within(column: str, days: int) -> pl.Expr:
    return pl.when(col("stretch") <= days).then(column).sum()


def _trend(column: str, days: int) -> pl.Expr:
    recent, both = _within(column, days), _within(column, 2 * days)
    return _ratio(2 * recent - both, both).alias(f"usage_{column}_trend_{days}d")


def _days_to(as_of: date, column: str) -> pl.Expr:
    return (pl.lit(as_of) - col(column)).dt.total_days()


def _ratio(above: pl.Expr, below: pl.Expr) -> pl.Expr:
    return pl.when(below != 0).then(above / below)


if __name__ == "__main__":
    started = time.perf_counter()
    compute_features(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
    print(f"Computed in {time.perf_counter() - started:.2f} sec.")
