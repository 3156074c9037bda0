"""Raw event tables of the sample customers: usage, invoices and contacts.

In: the simulation parameters and `Lives`. Out: Arrow tables with the columns of
`contracts/operator_tables.py`.
"""

import numpy as np
import pyarrow as pa

from telco_churn.parameters.simulation import SimulationParams
from telco_churn.pipelines.simulation.covariates import MONTH_DAYS, NEVER, Ints
from telco_churn.pipelines.simulation.hazard import Lives
from telco_churn.pipelines.simulation.raw_columns import chance_of, customer_ids, dates, number_rows

CHANNELS = ["phone", "chat", "shop", "email"]
OTHER_TOPICS = ["billing", "technical", "plan", "moving"]


def make_usage(params: SimulationParams, lives: Lives) -> pa.Table:
    """Make one row per customer and active day, in minutes, megabytes and counts."""
    rng = chance_of(params, lives, 4)
    first = np.clip(lives.signed_up, 0, params.days)
    last = np.clip(lives.cancelled, first, params.days)
    who = np.repeat(np.arange(len(first)), last - first)
    day = np.arange(len(who)) - np.repeat(np.cumsum(last - first) - last, last - first)
    week = day // 7
    weekend = np.where(day % 7 >= 5, 1.25, 1.0).astype(np.float32)
    level = lives.use_level.astype(np.float32)[who, week] * weekend
    rows = len(who)
    outage_day = rng.integers(0, 7, lives.outage_minutes.shape, dtype=np.int8)
    is_out = outage_day[who, week] == day % 7
    dropped = lives.dropped_call_rate.astype(np.float32)[who, week]
    return pa.table(
        {
            "customer_id": customer_ids(lives.customer_number).take(pa.array(who)),
            "day": dates(params, day),
            "call_minutes": np.round(level * 9 * rng.gamma(2, 0.5, rows), 1),
            "data_mb": np.round(level * 420 * rng.gamma(2, 0.5, rows), 0),
            "sms_count": rng.poisson(level * 1.5),
            "dropped_calls": rng.poisson(dropped),
            "outage_minutes": np.where(is_out, lives.outage_minutes[who, week], 0),
        }
    )


def make_invoices(params: SimulationParams, lives: Lives) -> pa.Table:
    """Make one row per customer and billing cycle; amounts in the operator's currency."""
    rng = chance_of(params, lives, 5)
    issued = lives.billing_day[:, None] + MONTH_DAYS * np.arange(lives.bill_shock.shape[1])
    who, cycle = np.nonzero(issued < np.minimum(lives.cancelled, params.days)[:, None])
    day = issued[who, cycle]
    rise = np.where(day >= lives.price_rise_day[who], lives.price_rise_factor[who], 1.0)
    extra = 1 + lives.bill_shock[who, cycle] + rng.normal(0, 0.02, len(who))
    delay = np.where(rng.random(len(who)) < 0.85, rng.integers(1, 14, len(who)), 0)
    delay = np.where(delay == 0, rng.integers(15, 60, len(who)), delay)
    paid = np.where(rng.random(len(who)) < 0.98, day + delay, NEVER)
    number = lives.customer_number[who] * 1000 + cycle
    return pa.table(
        {
            "invoice_id": number_rows("I", 13, number),
            "customer_id": customer_ids(lives.customer_number[who]),
            "issued_on": dates(params, day),
            "due_on": dates(params, day + 14),
            "paid_on": dates(params, paid, missing=paid >= params.days),
            "amount": np.round(lives.monthly_price[who] * rise * extra, 2),
        }
    )


def make_contacts(params: SimulationParams, lives: Lives) -> pa.Table:
    """Make one row per contact with customer care; only complaints drive churn."""
    rng = chance_of(params, lives, 6)
    others = rng.poisson(0.03, lives.complaints.shape)
    who = np.concatenate([_repeat_rows(lives.complaints), _repeat_rows(others)])
    week = np.concatenate([_repeat_columns(lives.complaints), _repeat_columns(others)])
    topic = np.where(
        np.arange(len(who)) < lives.complaints.sum(),
        "complaint",
        rng.choice(OTHER_TOPICS, len(who)),
    )
    day = 7 * week + rng.integers(0, 7, len(who))
    resolved = day + rng.geometric(0.3, len(who)) - 1
    is_resolved = (resolved < params.days) & (rng.random(len(who)) < 0.93)
    kept = np.flatnonzero((lives.signed_up[who] < day) & (day < lives.cancelled[who]))
    order = kept[np.lexsort((day[kept], who[kept]))]
    satisfaction = rng.integers(1, 6, len(who)) - (topic == "complaint")
    is_rated = is_resolved & (rng.random(len(who)) < 0.5)
    number = lives.customer_number[who[order]] * 1000 + _rank_within(who[order])
    return pa.table(
        {
            "contact_id": number_rows("K", 13, number),
            "customer_id": customer_ids(lives.customer_number[who[order]]),
            "contacted_on": dates(params, day[order]),
            "channel": rng.choice(CHANNELS, len(order)),
            "topic": topic[order],
            "resolved_on": dates(params, resolved[order], missing=~is_resolved[order]),
            "satisfaction": pa.array(np.maximum(satisfaction, 1)[order], mask=~is_rated[order]),
        }
    )


def _repeat_rows(counts: Ints) -> Ints:
    return np.repeat(np.arange(counts.size), counts.ravel()) // counts.shape[1]


def _repeat_columns(counts: Ints) -> Ints:
    return np.repeat(np.arange(counts.size), counts.ravel()) % counts.shape[1]


def _rank_within(group: Ints) -> Ints:
    """Number the members of each run of equal values, starting at 0."""
    index = np.arange(len(group))
    starts = np.diff(group, prepend=-1) != 0
    return index - np.maximum.accumulate(np.where(starts, index, 0))
