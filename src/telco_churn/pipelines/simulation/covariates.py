"""The covariates of a block of sample customers: what happens to them, week by week.

In: the simulation parameters and the number of a block. Out: `Covariates`, arrays of shape
`(customers,)` or `(customers, weeks)`. Days count from the first simulated day; earlier days are
negative.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from telco_churn.parameters.simulation import SimulationParams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEVER = np.int64(1_000_000)
REGIONS = 8
MONTH_DAYS = 30  # one billing cycle


@dataclass(frozen=True, eq=False)
class Covariates:
    """The covariates of one block; weeks run along the second axis."""

    customer_number: Ints
    signed_up: Ints
    region: Ints
    contract_months: Ints
    contract_days: Ints
    contract_started: Ints
    contract_ends: Ints  # NEVER without a contract
    contract_renewed: Ints  # day of the renewal; NEVER without a renewal
    monthly_price: Floats
    price_rise_day: Ints
    price_rise_factor: Floats
    use_level: Floats  # 1.0 is the average customer
    outage_minutes: Ints
    dropped_call_rate: Floats  # per day
    complaints: Ints
    billing_day: Ints  # day of the first invoice; the next ones follow every 30 days
    bill_shock: Floats  # extra amount as a share of the price, by billing cycle


def draw_covariates(params: SimulationParams, block: int, numbers: Ints) -> Covariates:
    """Draw the covariates of one block."""
    rng = np.random.default_rng([params.seed, 1, block])
    n = len(numbers)
    signed_up = np.where(
        rng.random(n) < 0.7,
        -np.ceil(rng.exponential(900, n)) - 1,
        rng.integers(0, params.days, n),
    ).astype(np.int64)
    region = rng.integers(0, REGIONS, n)
    outages = _draw_outages(params, rng, region)
    dropped = rng.lognormal(-2.2, 0.9, n)[:, None] * (1 + outages / 240)
    return Covariates(
        customer_number=numbers,
        signed_up=signed_up,
        region=region,
        **_draw_contracts(params, rng, signed_up),
        **_draw_prices(params, rng, signed_up),
        **_draw_bills(params, rng, signed_up),
        use_level=_draw_use_levels(rng, n, params.weeks),
        outage_minutes=outages,
        dropped_call_rate=dropped,
        complaints=rng.poisson(0.006 + 0.02 * np.log1p(outages / 60) + 0.01 * np.log1p(dropped)),
    )


def _draw_contracts(
    params: SimulationParams, rng: np.random.Generator, signed_up: Ints
) -> dict[str, Any]:
    months = rng.choice([0, 12, 24], len(signed_up), p=[0.3, 0.4, 0.3])
    length = np.round(months * 365.25 / 12).astype(np.int64)
    terms_over = np.maximum(-signed_up, 0) // np.maximum(length, 1)
    started = signed_up + terms_over * length
    ends = np.where(months > 0, started + length, NEVER)
    is_renewed = (rng.random(len(signed_up)) < 0.5) & (ends < params.days)
    return {
        "contract_months": months,
        "contract_days": length,
        "contract_started": started,
        "contract_ends": ends,
        "contract_renewed": np.where(is_renewed, ends, NEVER),
    }


def _draw_prices(
    params: SimulationParams, rng: np.random.Generator, signed_up: Ints
) -> dict[str, Any]:
    n = len(signed_up)
    price = np.round(rng.lognormal(3.4, 0.35, n), 2)
    rise_day = np.where(rng.random(n) < 0.6, rng.integers(0, params.days, n), NEVER)
    return {
        "monthly_price": price,
        "price_rise_day": np.where(rise_day > signed_up, rise_day, NEVER),
        "price_rise_factor": 1 + rng.uniform(0.04, 0.30, n),
    }


def _draw_bills(
    params: SimulationParams, rng: np.random.Generator, signed_up: Ints
) -> dict[str, Any]:
    day = rng.integers(0, MONTH_DAYS, len(signed_up))
    shape = (len(signed_up), params.days // MONTH_DAYS + 1)
    return {
        "billing_day": np.where(signed_up > 0, signed_up + day, day),
        "bill_shock": np.where(rng.random(shape) < 0.05, rng.uniform(0.5, 1.8, shape), 0.0),
    }


def _draw_use_levels(rng: np.random.Generator, n: int, weeks: int) -> Floats:
    base = rng.normal(0, 0.5, n)[:, None]
    wander = np.cumsum(rng.normal(0, 0.03, (n, weeks)), axis=1)
    start = np.where(rng.random(n) < 0.45, rng.integers(-10, weeks, n), NEVER)
    steps = np.clip(np.arange(weeks) - start[:, None], 0, 14)
    return np.exp(base + wander - rng.uniform(0.03, 0.14, n)[:, None] * steps)


def _draw_outages(params: SimulationParams, rng: np.random.Generator, region: Ints) -> Ints:
    """Draw outage minutes by customer and week, for some customers of a region or for one."""
    shared = np.random.default_rng([params.seed, 0])
    shape = (REGIONS, params.weeks)
    regional = np.where(shared.random(shape) < 0.12, shared.exponential(300, shape), 0.0)
    hit = rng.random((len(region), params.weeks)) < 0.6
    local = np.where(rng.random(hit.shape) < 0.015, rng.exponential(400, hit.shape), 0.0)
    return np.minimum(hit * regional[region] + local, 1440).astype(np.int64)
