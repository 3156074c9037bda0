"""The true churn hazard of sample customers, and the day on which each cancels.

In: the simulation parameters and the number of a block. Out: `Lives`, the covariates of the block's
customers with their hazards and cancellations.
"""

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from telco_churn.parameters.simulation import SimulationParams
from telco_churn.pipelines.simulation.covariates import (
    MONTH_DAYS,
    NEVER,
    Covariates,
    Floats,
    Ints,
    draw_covariates,
)

# Rise of a week's log hazard per unit of each driver.
DRIVER_WEIGHTS = {
    "contract_end": 2.0,  # up to six weeks before or after the end of a contract
    "free_to_leave": 0.9,  # no contract, or an expired one
    "price_rise": 1.3,  # per 15 % of price rise, in the twelve weeks after it
    "bill_shock": 1.3,  # per extra share of the last bill
    "outages": 0.45,  # per log of 1 + outage hours in four weeks
    "dropped_calls": 0.45,  # per log of 1 + dropped calls in four weeks
    "complaints": 1.1,  # per complaint in eight weeks, at most two
    "falling_use": 3.0,  # share of use lost in four weeks, compared with the eight before
    "short_tenure": 1.0,  # at sign-up; fades over the first two years
}
REFERENCE_BLOCK = 1_000_000_007  # without real customers; sets the base rate of all blocks
REFERENCE_CUSTOMERS = 4_000
BASE_RATE_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Lives(Covariates):
    """Covariates with hazards and cancellations. Hazards are expected cancellations per week."""

    hazard: Floats
    hazard_without_hidden: Floats
    main_driver: Ints  # position in DRIVER_WEIGHTS of the week's strongest driver
    cancelled: Ints  # NEVER for customers who stay


@lru_cache(maxsize=4)
def simulate_lives(params: SimulationParams, block: int) -> Lives:
    """Simulate one block of customers; the same parameters give the same result."""
    first = block * params.block_customers
    numbers = np.arange(first, min(first + params.block_customers, params.customers))
    return _simulate(params, block, numbers, _base_log_hazard(params))


def count_blocks(params: SimulationParams) -> int:
    """Return the number of blocks that hold all customers."""
    return -(-params.customers // params.block_customers)


@lru_cache(maxsize=4)
def _base_log_hazard(params: SimulationParams) -> float:
    """Fit the base to the wanted churn rate, in rounds: each base changes who stays a customer."""
    days = 7 * np.arange(params.weeks)
    wanted = params.monthly_churn_rate * 7 / MONTH_DAYS
    base = np.log(wanted) - 2.0
    for _ in range(BASE_RATE_ROUNDS):
        lives = _simulate(params, REFERENCE_BLOCK, np.arange(REFERENCE_CUSTOMERS), base)
        active = (lives.signed_up[:, None] <= days) & (days < lives.cancelled[:, None])
        base += np.log(wanted / lives.hazard[active].mean())
    return float(base)


def _simulate(params: SimulationParams, block: int, numbers: Ints, base: float) -> Lives:
    rng = np.random.default_rng([params.seed, 8, block])
    known = draw_covariates(params, block, numbers)
    days = 7 * np.arange(params.weeks)
    drivers = _measure_drivers(known, days)
    parts = np.stack([weight * drivers[name] for name, weight in DRIVER_WEIGHTS.items()])
    seen = np.exp(base + parts.sum(axis=0))
    hidden = rng.normal(0, params.hidden_strength, len(numbers))[:, None]
    hazard = np.minimum(seen * np.exp(hidden - params.hidden_strength**2 / 2), 1.0)
    return Lives(
        **{field.name: getattr(known, field.name) for field in fields(known)},
        hazard=hazard,
        hazard_without_hidden=np.minimum(seen, 1.0),
        main_driver=parts.argmax(axis=0),
        cancelled=_draw_cancellations(rng, hazard, known.signed_up, days),
    )


def _measure_drivers(known: Covariates, days: Ints) -> dict[str, Floats]:
    days_to_end = _days_to_contract_end(known, days)
    since_rise = days - known.price_rise_day[:, None]
    rise = known.price_rise_factor[:, None] - 1
    tenure = np.maximum(days - known.signed_up[:, None], 0)
    return {
        "contract_end": np.where(np.abs(days_to_end) <= 42, 1.0 - np.abs(days_to_end) / 84, 0.0),
        "free_to_leave": (days_to_end <= 0).astype(float),
        "price_rise": ((since_rise > 0) & (since_rise <= 84)) * rise / 0.15,
        "bill_shock": _last_bill_shock(known, days),
        "outages": np.log1p(_trailing(known.outage_minutes, 4) / 60),
        "dropped_calls": np.log1p(_trailing(known.dropped_call_rate * 7, 4)),
        "complaints": np.minimum(_trailing(known.complaints, 8), 2.0),
        "falling_use": _falling_use(known.use_level),
        "short_tenure": np.exp(-tenure / 365),
    }


def _days_to_contract_end(known: Covariates, days: Ints) -> Ints:
    """Return the days left of the contract in force on each of `days`; 0 or less after its end."""
    ends = known.contract_ends[:, None]
    is_renewed = days >= known.contract_renewed[:, None]
    current = np.where(is_renewed, ends + known.contract_days[:, None], ends)
    return np.where(ends == NEVER, -NEVER, current - days)


def _last_bill_shock(known: Covariates, days: Ints) -> Floats:
    since_first = days - known.billing_day[:, None]
    cycle = since_first // MONTH_DAYS
    last = np.clip(cycle, 0, known.bill_shock.shape[1] - 1)
    shock = np.take_along_axis(known.bill_shock, last, axis=1)
    is_billed = (cycle >= 0) & (since_first % MONTH_DAYS > 0)
    return np.where(is_billed, shock, 0.0)


def _trailing(values: npt.NDArray[np.generic], weeks: int) -> Floats:
    """Sum over the `weeks` before each week, without that week itself."""
    total = np.cumsum(values, axis=1, dtype=float)
    before = np.pad(total, ((0, 0), (1, 0)))[:, :-1]
    earlier = np.pad(before, ((0, 0), (weeks, 0)))[:, :-weeks]
    return before - earlier


def _falling_use(level: Floats) -> Floats:
    recent = _trailing(level, 4)
    before = (_trailing(level, 12) - recent) / 2
    fall = 1 - np.divide(recent, before, out=np.ones_like(recent), where=before > 0)
    fall[:, :12] = 0
    return np.clip(fall, 0, 1)


def _draw_cancellations(
    rng: np.random.Generator, hazard: Floats, signed_up: Ints, week_days: Ints
) -> Ints:
    is_customer = week_days > signed_up[:, None]
    leaves = (rng.random(hazard.shape) < 1 - np.exp(-hazard)) & is_customer
    day = week_days[leaves.argmax(axis=1)] + rng.integers(0, 7, len(hazard))
    return np.where(leaves.any(axis=1), day, NEVER)
