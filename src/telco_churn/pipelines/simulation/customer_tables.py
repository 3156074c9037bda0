"""Raw tables of the sample customers: customers, subscriptions, cancellations, true hazard.

In: the simulation parameters and `Lives`. Out: Arrow tables with the columns of
`contracts/operator_tables.py`.
"""

import numpy as np
import pyarrow as pa

from telco_churn.parameters.simulation import SimulationParams
from telco_churn.pipelines.simulation.covariates import NEVER
from telco_churn.pipelines.simulation.hazard import DRIVER_WEIGHTS, Lives
from telco_churn.pipelines.simulation.raw_columns import chance_of, customer_ids, dates

AGE_BANDS = ["18-29", "30-44", "45-59", "60+"]
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
    """Make one row per customer, with direct identifiers."""
    rng, n = chance_of(params, lives, 2), len(lives.customer_number)
    names = [_make_name(number) for number in lives.customer_number]
    birth = rng.integers(-28_000, -7_000, n) - 1
    return pa.table(
        {
            "customer_id": customer_ids(lives.customer_number),
            "signed_up_on": dates(params, lives.signed_up),
            "segment": rng.choice(SEGMENTS, n, p=[0.88, 0.12]),
            "region": np.char.add("region_", (lives.region + 1).astype(str)),
            "age_band": rng.choice(AGE_BANDS, n, p=[0.22, 0.30, 0.28, 0.20]),
            "full_name": names,
            "email": [name.lower().replace(" ", ".") + "@example.org" for name in names],
            "phone": [f"+00 555 {number:09d}" for number in lives.customer_number],
            "date_of_birth": dates(params, birth),
            "postcode": [f"PC-{code:07d}" for code in lives.customer_number * 7 + 1_000_000],
        }
    )


def make_subscriptions(params: SimulationParams, lives: Lives) -> pa.Table:
    """Make one row per customer and change: sign-up, renewal or price rise."""
    rng, n = chance_of(params, lives, 3), len(lives.customer_number)
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
            "customer_id": customer_ids(lives.customer_number[who]),
            "valid_from": dates(params, day),
            "plan": np.array(PLANS)[plan[who]],
            "technology": technology[who],
            "contract_months": lives.contract_months[who],
            "contract_started_on": dates(params, started),
            "monthly_price": np.round(price, 2),
            "payment_method": payment[who],
        }
    )


def make_cancellations(params: SimulationParams, lives: Lives) -> pa.Table:
    """Make one row per cancelled customer, with the reason that the customer gave."""
    who = np.flatnonzero(lives.cancelled < params.days)
    day = lives.cancelled[who]
    drivers = list(DRIVER_WEIGHTS)
    strongest = lives.main_driver[who, day // 7]
    return pa.table(
        {
            "customer_id": customer_ids(lives.customer_number[who]),
            "cancelled_on": dates(params, day),
            "reason": pa.array([REASONS[drivers[at]] for at in strongest], pa.string()),
        }
    )


def make_true_hazard(params: SimulationParams, lives: Lives) -> pa.Table:
    """Make one row per customer and active week; hazards are expected cancellations per week."""
    days = 7 * np.arange(params.weeks)
    active = (lives.signed_up[:, None] < days) & (days <= lives.cancelled[:, None])
    who, week = np.nonzero(active)
    return pa.table(
        {
            "customer_id": customer_ids(lives.customer_number[who]),
            "week_starts_on": dates(params, 7 * week),
            "hazard": lives.hazard[who, week],
            "hazard_without_hidden": lives.hazard_without_hidden[who, week],
        }
    )


def _make_name(number: int) -> str:
    """Make a name that is unique in the sample, so that tests can search all outputs for it."""
    digits = []
    rest = int(number) + len(SYLLABLES) ** 4
    while rest:
        rest, digit = divmod(rest, len(SYLLABLES))
        digits.append(SYLLABLES[digit])
    return "".join(digits[:2]).title() + " " + "".join(digits[2:]).title()
