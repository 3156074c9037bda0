"""Computes the features of one date with handwritten pandas.

In: the folder of the primary tables, `as_of`, the output path. Out: one Parquet file.
"""

import itertools
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

SUBSCRIPTION = ["plan", "technology", "payment_method", "contract_months", "monthly_price"]
TOPICS = ["complaint", "billing", "technical"]
SUMMED = ["call_minutes", "data_mb", "sms_count", "dropped_calls", "outage_minutes"]
STRETCHES = [7, 14, 28, 56, 84]  # days; each window combines some of these ranges


def compute_features(data: Path, as_of: date, out: Path) -> None:
    """Write the features of all customers on `as_of`."""
    features = _list_customers(data, as_of)
    for group in (_describe_subscriptions, _measure_bills, _sum_up_usage, _count_contacts):
        features = features.join(group(data, as_of))
    counts = features.filter(regex="^(usage_.*_(sum|active_days)|contacts_.*_count)_").columns
    features[counts] = features[counts].fillna(0)
    features.reset_index().to_parquet(out)


def _list_customers(data: Path, as_of: date) -> pd.DataFrame:
    gone = _happened(data, "cancellations", "cancelled_on", as_of).index
    customers = _happened(data, "customers", "signed_up_on", as_of)
    customers = customers[~customers.index.isin(gone)]
    who = customers[["segment", "region", "age_band"]]
    return who.assign(as_of=as_of, tenure_days=customers["days"])


def _describe_subscriptions(data: Path, as_of: date) -> pd.DataFrame:
    versions = _happened(data, "subscriptions", "valid_from", as_of).sort_values("valid_from")
    last = versions.groupby(level=0).last()
    earlier = versions.loc[versions["days"] > 90, "monthly_price"].groupby(level=0).last()
    length = np.floor(last["contract_months"] * 365.25 / 12 + 0.5)
    left = length - _days_to(as_of, last["contract_started_on"])
    return last[SUBSCRIPTION].assign(
        contract_days_left=left.where(last["contract_months"] > 0),
        price_change_90d=last["monthly_price"] / earlier.replace(0, np.nan) - 1,
    )


def _measure_bills(data: Path, as_of: date) -> pd.DataFrame:
    bills = _happened(data, "invoices", "issued_on", as_of, 400)
    paid_on = bills["paid_on"].where(bills["paid_on"] < pd.Timestamp(as_of))
    is_owed = paid_on.isna() & (bills["due_on"] < pd.Timestamp(as_of))
    late = (paid_on.fillna(pd.Timestamp(as_of)) - bills["due_on"]).dt.days.clip(lower=0)
    amount, days = bills["amount"], bills["days"]
    year, quarter = days <= 365, days <= 90
    usual = amount[days > 35].groupby(level=0).mean().replace(0, np.nan)
    return pd.DataFrame(
        {
            "unpaid_amount": amount.where(is_owed, 0.0)[year].groupby(level=0).sum(),
            "days_late_mean_365d": late[year].groupby(level=0).mean(),
            "days_late_max_365d": late[year].groupby(level=0).max(),
            "bill_shock": amount[days <= 35].groupby(level=0).max() / usual - 1,
            "invoices_amount_mean_90d": amount[quarter].groupby(level=0).mean(),
            "invoices_amount_mean_365d": amount[year].groupby(level=0).mean(),
            "invoices_amount_max_90d": amount[quarter].groupby(level=0).max(),
            "invoices_amount_max_365d": amount[year].groupby(level=0).max(),
        }
    )


def _sum_up_usage(data: Path, as_of: date) -> pd.DataFrame:
    """Aggregate ranges of days first, then combine them into windows: one groupby of all rows."""
    used = _read_usage(data, as_of)
    days = (np.datetime64(as_of) - used["day"].to_numpy().astype("datetime64[D]")).astype(int)
    stretch = np.searchsorted(STRETCHES, days)
    group = used["customer_id"].cat.codes.to_numpy().astype("int64") * len(STRETCHES) + stretch
    outage = used["outage_minutes"] > 0
    rows = used[SUMMED].assign(days_used=1, outage_days=outage)
    groups = rows.groupby(group, sort=False)
    sums = groups.sum()
    sums["worst"] = groups["outage_minutes"].max()
    sums["last"] = pd.Series(days)[outage].groupby(group[outage], sort=False).min()
    sums.index = pd.MultiIndex.from_arrays(
        [
            used["customer_id"].cat.categories[sums.index // len(STRETCHES)],
            np.array(STRETCHES)[sums.index % len(STRETCHES)],
        ],
        names=["customer_id", "stretch"],
    )
    return _combine_stretches(sums.unstack())


def _read_usage(data: Path, as_of: date) -> pd.DataFrame:
    """Read with Arrow: ids become a categorical column, and dates are not Python objects."""
    window = [("day", "<", as_of), ("day", ">=", as_of - timedelta(days=STRETCHES[-1]))]
    used = pq.read_table(data / "usage.parquet", filters=window, read_dictionary=["customer_id"])
    return used.to_pandas(date_as_object=False, split_blocks=True, self_destruct=True)


def _combine_stretches(stretches: pd.DataFrame) -> pd.DataFrame:
    """Combine ranges into windows: columns are `(measure, range)`, rows are customers."""
    sums = {
        (column, n): stretches[column].loc[:, :n].sum(axis=1)
        for column in [*SUMMED, "days_used", "outage_days"]
        for n in STRETCHES
    }
    features = {
        f"usage_{column}_mean_{n}d": sums[column, n] / sums["days_used", n]
        for column in ("call_minutes", "data_mb", "sms_count")
        for n in (7, 28, 84)
    }
    for column, n in itertools.product(("call_minutes", "data_mb"), (7, 28)):
        recent, both = sums[column, n], sums[column, 2 * n]
        features[f"usage_{column}_trend_{n}d"] = (2 * recent - both) / both
    for column, n in itertools.product(("dropped_calls", "outage_minutes"), (7, 28)):
        features[f"usage_{column}_sum_{n}d"] = sums[column, n]
    features["usage_outage_minutes_max_28d"] = stretches["worst"].loc[:, :28].max(axis=1)
    features["usage_outage_minutes_active_days_84d"] = sums["outage_days", 84]
    features["usage_outage_minutes_days_since_last_84d"] = stretches["last"].min(axis=1)
    return pd.DataFrame(features)


def _count_contacts(data: Path, as_of: date) -> pd.DataFrame:
    contacts = _happened(data, "contacts", "contacted_on", as_of, 56)
    month = contacts["days"] <= 28
    rating = contacts["satisfaction"].where(contacts["resolved_on"] < pd.Timestamp(as_of))
    complaint = contacts["topic"] == "complaint"
    columns = {
        "contacts_contact_id_count_28d": month.groupby(level=0).sum(),
        "contacts_contact_id_count_56d": month.groupby(level=0).size(),
        "contacts_contact_id_days_since_last_56d": contacts["days"].groupby(level=0).min(),
        "contacts_satisfaction_mean_28d": rating[month].groupby(level=0).mean(),
        "contacts_satisfaction_mean_56d": rating.groupby(level=0).mean(),
        "contacts_topic_complaint_count_28d": (complaint & month).groupby(level=0).sum(),
        "contacts_topic_complaint_count_56d": complaint.groupby(level=0).sum(),
        "contacts_topic_complaint_share_28d": complaint[month].groupby(level=0).mean(),
    }
    for topic in TOPICS:
        is_topic = contacts["topic"] == topic
        columns[f"contacts_topic_{topic}_share_56d"] = is_topic.groupby(level=0).mean()
    return pd.DataFrame(columns)


def _happened(
    data: Path, table: str, on: str, as_of: date, days: int | None = None
) -> pd.DataFrame:
    """Return the rows before `as_of` by customer, with `days`, their distance to it."""
    filters = [(on, "<", as_of)]
    if days is not None:
        filters.append((on, ">=", as_of - timedelta(days=days)))
    rows = pd.read_parquet(data / f"{table}.parquet", filters=filters)
    for column in rows.columns[rows.columns.str.endswith(("_on", "_from"))]:
        rows[column] = pd.to_datetime(rows[column])
    return rows.set_index("customer_id").assign(days=lambda it: _days_to(as_of, it[on]))


def _days_to(as_of: date, days: pd.Series) -> pd.Series:
    return (pd.Timestamp(as_of) - days).dt.days


if __name__ == "__main__":
    started = time.perf_counter()
    compute_features(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
    print(f"Computed in {time.perf_counter() - started:.2f} sec.")
