"""Writes simulated lives down as an operator's systems would deliver them.

In: the simulation parameters and `Lives`. Out: one Arrow table per raw table, the columns as in
`contracts/operator_tables.py`.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telco_churn.parameters import SimulationParams
from telco_churn.pipelines.simulation.lives import (
    DRIVER_WEIGHTS,
    MONTH_DAYS,
    NEVER,
    Ints,
    Lives,
)

MakeTable = Callable[[SimulationParams, Lives], pa.Table]

AGE_BANDS = ["18-29", "30-44", "45-59", "60+"]
CHANNELS = ["phone", "chat", "shop", "email"]
OTHER_TOPICS = ["billing", "technical", "plan", "moving"]
PAYMENT_METHODS = ["direct_debit", "card", "transfer"]
PLANS = ["basic", "plus", "max"]
REASONS = {
    "contract_end": "competitor",
    "free_to_leave": "competitor",
    "price_rise": "price",
    "bill_shock": "price",
    "outages": "network",
    "dropped_calls": "network",
    "complaints": "service",
    "falling_use": "no_need",
    "short_tenure": "competitor",
}
SEGMENTS = ["consumer", "business"]
SYLLABLES = ["ba", "den", "ko", "li", "mar", "no", "ri", "sol", "ta", "ven", "wi", "zu"]
TECHNOLOGIES = ["mobile", "dsl", "fibre"]


def make_customers(params: SimulationParams, lives: Lives) -> pa.Table:
    """One row per customer, direct identifiers included."""
    rng, n = _rng(params, lives, 2), len(lives.customer_number)
    names = [_make_name(number) for number in lives.customer_number]
    birth = rng.integers(-28_000, -7_000, n) - 1
    return pa.table(
        {
            "customer_id": _ids(lives.customer_number),
            "signed_up_on": _dates(params, lives.signed_up),
            "segment": rng.choice(SEGMENTS, n, p=[0.88, 0.12]),
            "region": np.char.add("region_", (lives.region + 1).astype(str)),
            "age_band": rng.choice(AGE_BANDS, n, p=[0.22, 0.30, 0.28, 0.20]),
            "full_name": names,
            "email": [name.lower().replace(" ", ".") + "@example.org" for name in names],
            "phone": [f"+00 555 {number:09d}" for number in lives.customer_number],
            "date_of_birth": _dates(params, birth),
            "postcode": [f"PC-{code:07d}" for code in lives.customer_number * 7 + 1_000_000],
        }
    )


def make_subscriptions(params: SimulationParams, lives: Lives) -> pa.Table:
    """One row per customer and change: sign-up, renewal, price rise."""
    rng, n = _rng(params, lives, 3), len(lives.customer_number)
    technology = rng.choice(TECHNOLOGIES, n, p=[0.5, 0.2, 0.3])
    payment = rng.choice(PAYMENT_METHODS, n, p=[0.6, 0.25, 0.15])
    plan = np.digitize(lives.monthly_price, [25.0, 40.0])
    changes = [
        np.where(lives.signed_up < params.days, lives.signed_up, NEVER),
        lives.contract_renewed,
        lives.price_rise_day,
    ]
    who = np.tile(np.arange(n), len(changes))
    day = np.concatenate(changes)
    keep = (day < np.minimum(lives.cancelled[who], params.days)) & (day >= lives.signed_up[who])
    order = np.lexsort((day[keep], who[keep]))
    who, day = who[keep][order], day[keep][order]
    first_of_day = np.append(True, (np.diff(who) != 0) | (np.diff(day) != 0))
    who, day = who[first_of_day], day[first_of_day]
    started = np.where(
        day >= lives.contract_renewed[who], lives.contract_renewed[who], lives.contract_started[who]
    )
    price = np.where(
        day >= lives.price_rise_day[who],
        lives.monthly_price[who] * lives.price_rise_factor[who],
        lives.monthly_price[who],
    )
    return pa.table(
        {
            "customer_id": _ids(lives.customer_number[who]),
            "valid_from": _dates(params, day),
            "plan": np.array(PLANS)[plan[who]],
            "technology": technology[who],
            "contract_months": lives.contract_months[who],
            "contract_started_on": _dates(params, started),
            "monthly_price": np.round(price, 2),
            "payment_method": payment[who],
        }
    )


def make_usage(params: SimulationParams, lives: Lives) -> pa.Table:
    """One row per customer and day as a customer; minutes, megabytes, counts."""
    rng = _rng(params, lives, 4)
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
            "customer_id": _ids(lives.customer_number).take(pa.array(who)),
            "day": _dates(params, day),
            "call_minutes": np.round(level * 9 * rng.gamma(2, 0.5, rows), 1),
            "data_mb": np.round(level * 420 * rng.gamma(2, 0.5, rows), 0),
            "sms_count": rng.poisson(level * 1.5),
            "dropped_calls": rng.poisson(dropped),
            "outage_minutes": np.where(is_out, lives.outage_minutes[who, week], 0),
        }
    )


def make_invoices(params: SimulationParams, lives: Lives) -> pa.Table:
    """One row per customer and billing cycle; amounts in the operator's currency."""
    rng = _rng(params, lives, 5)
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
            "invoice_id": _number_rows("I", 13, number),
            "customer_id": _ids(lives.customer_number[who]),
            "issued_on": _dates(params, day),
            "due_on": _dates(params, day + 14),
            "paid_on": _dates(params, paid, missing=paid >= params.days),
            "amount": np.round(lives.monthly_price[who] * rise * extra, 2),
        }
    )


def make_contacts(params: SimulationParams, lives: Lives) -> pa.Table:
    """One row per contact with customer care; complaints are what drives churn."""
    rng = _rng(params, lives, 6)
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
            "contact_id": _number_rows("K", 13, number),
            "customer_id": _ids(lives.customer_number[who[order]]),
            "contacted_on": _dates(params, day[order]),
            "channel": rng.choice(CHANNELS, len(order)),
            "topic": topic[order],
            "resolved_on": _dates(params, resolved[order], missing=~is_resolved[order]),
            "satisfaction": pa.array(np.maximum(satisfaction, 1)[order], mask=~is_rated[order]),
        }
    )


def make_cancellations(params: SimulationParams, lives: Lives) -> pa.Table:
    """One row per cancelled customer, with the reason given."""
    who = np.flatnonzero(lives.cancelled < params.days)
    day = lives.cancelled[who]
    drivers = list(DRIVER_WEIGHTS)
    strongest = lives.main_driver[who, day // 7]
    return pa.table(
        {
            "customer_id": _ids(lives.customer_number[who]),
            "cancelled_on": _dates(params, day),
            "reason": pa.array([REASONS[drivers[at]] for at in strongest], pa.string()),
        }
    )


def make_true_hazard(params: SimulationParams, lives: Lives) -> pa.Table:
    """One row per customer and week as a customer; hazards are expected cancellations a week."""
    days = 7 * np.arange(params.weeks)
    active = (lives.signed_up[:, None] < days) & (days <= lives.cancelled[:, None])
    who, week = np.nonzero(active)
    return pa.table(
        {
            "customer_id": _ids(lives.customer_number[who]),
            "week_starts_on": _dates(params, 7 * week),
            "hazard": lives.hazard[who, week],
            "hazard_without_hidden": lives.hazard_without_hidden[who, week],
        }
    )


def _rng(params: SimulationParams, lives: Lives, purpose: int) -> np.random.Generator:
    return np.random.default_rng([params.seed, purpose, int(lives.customer_number[0])])


def _ids(numbers: Ints) -> pa.Array:
    return _number_rows("C", 9, numbers)


def _number_rows(prefix: str, digits: int, numbers: Ints) -> pa.Array:
    padded = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), digits, "0")
    return pc.binary_join_element_wise(prefix, padded, "")


def _dates(params: SimulationParams, day: Ints, missing: np.ndarray | None = None) -> pa.Array:
    first = np.datetime64(params.first_day, "D").astype(np.int64)
    return pa.array((first + day).astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def _make_name(number: int) -> str:
    """A name nobody else in the sample has, so that a search for it finds it or nothing."""
    digits = []
    rest = int(number) + len(SYLLABLES) ** 4
    while rest:
        rest, digit = divmod(rest, len(SYLLABLES))
        digits.append(SYLLABLES[digit])
    return "".join(digits[:2]).title() + " " + "".join(digits[2:]).title()


def _repeat_rows(counts: Ints) -> Ints:
    return np.repeat(np.arange(counts.size), counts.ravel()) // counts.shape[1]


def _repeat_columns(counts: Ints) -> Ints:
    return np.repeat(np.arange(counts.size), counts.ravel()) % counts.shape[1]


def _rank_within(group: Ints) -> Ints:
    """Number the members of each run of equal values from 0."""
    index = np.arange(len(group))
    starts = np.diff(group, prepend=-1) != 0
    return index - np.maximum.accumulate(np.where(starts, index, 0))
