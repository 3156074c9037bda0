"""What happens to a block of sample customers, week by week, and how likely it makes them cancel.

In: the simulation parameters and the number of a block. Out: `Lives`, arrays of shape
`(customers,)` or `(customers, weeks)`. Days count from the first simulated day; earlier ones are
negative.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from telco_churn.parameters import SimulationParams

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEVER = np.int64(1_000_000)
REGIONS = 8
MONTH_DAYS = 30  # one billing cycle

# How many times as likely a week's cancellation becomes, in logs, per unit of each driver.
DRIVER_WEIGHTS = {
    "contract_end": 2.0,  # within six weeks of the end of a contract
    "free_to_leave": 0.9,  # no contract, or one that is over
    "price_rise": 1.3,  # in the twelve weeks after a rise
    "bill_shock": 1.3,  # in the five weeks after a bill far above the usual
    "outages": 0.45,  # per log of outage hours in four weeks
    "dropped_calls": 0.45,  # per log of dropped calls in four weeks
    "complaints": 1.1,  # per complaint in eight weeks, two at most
    "falling_use": 3.0,  # share of use lost, last four weeks against the eight before
    "short_tenure": 1.0,  # fades over the first two years
}
REFERENCE_BLOCK = (
    1_000_000_007  # a block nobody belongs to: sets the base rate for all blocks alike
)
REFERENCE_CUSTOMERS = 4_000
BASE_RATE_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class Lives:
    """One block of customers. Weeks run along the second axis."""

    customer_number: Ints
    signed_up: Ints
    region: Ints
    contract_months: Ints
    contract_started: Ints
    contract_renewed: Ints  # day of the renewal, NEVER without one
    monthly_price: Floats
    price_rise_day: Ints
    price_rise_factor: Floats
    use_level: Floats  # 1.0 is the average customer
    outage_minutes: Ints
    dropped_call_rate: Floats  # per day
    complaints: Ints
    billing_day: Ints  # first invoice; then every 30 days
    bill_shock: Floats  # extra share of the price, by billing cycle
    hazard: Floats  # expected cancellations in a week
    hazard_without_hidden: Floats
    main_driver: Ints  # position in DRIVER_WEIGHTS of the strongest driver of the week
    cancelled: Ints


@lru_cache(maxsize=4)
def simulate_lives(params: SimulationParams, block: int) -> Lives:
    """Simulate one block of customers; the same parameters give the same lives."""
    first = block * params.block_customers
    numbers = np.arange(first, min(first + params.block_customers, params.customers))
    return _simulate(params, block, numbers, _base_log_hazard(params))


def count_blocks(params: SimulationParams) -> int:
    """How many blocks hold all customers."""
    return -(-params.customers // params.block_customers)


@lru_cache(maxsize=4)
def _base_log_hazard(params: SimulationParams) -> float:
    """Match the rate among those still customers, by rounds: who leaves changes who is left."""
    days = 7 * np.arange(params.weeks)
    wanted = params.monthly_churn_rate * 7 / MONTH_DAYS
    base = np.log(wanted) - 2.0
    for _ in range(BASE_RATE_ROUNDS):
        lives = _simulate(params, REFERENCE_BLOCK, np.arange(REFERENCE_CUSTOMERS), base)
        active = (lives.signed_up[:, None] <= days) & (days < lives.cancelled[:, None])
        base += np.log(wanted / lives.hazard[active].mean())
    return float(base)


def _simulate(params: SimulationParams, block: int, numbers: Ints, base: float) -> Lives:
    rng = np.random.default_rng([params.seed, 1, block])
    n, weeks = len(numbers), params.weeks
    week_days = 7 * np.arange(weeks)

    joined_before = rng.random(n) < 0.7
    signed_up = np.where(
        joined_before,
        -np.ceil(rng.exponential(900, n)) - 1,
        rng.integers(0, params.days, n),
    ).astype(np.int64)
    region = rng.integers(0, REGIONS, n)

    months = rng.choice([0, 12, 24], n, p=[0.3, 0.4, 0.3])
    length = _contract_days(months)
    age = np.maximum(-signed_up, 0)
    started = signed_up + np.where(length > 0, age // np.maximum(length, 1) * length, 0)
    ends = np.where(months > 0, started + length, NEVER)
    renewed = np.where((rng.random(n) < 0.5) & (ends < params.days), ends, NEVER)

    price = np.round(rng.lognormal(3.4, 0.35, n), 2)
    rise_day = np.where(rng.random(n) < 0.6, rng.integers(0, params.days, n), NEVER)
    rise_day = np.where(rise_day > signed_up, rise_day, NEVER)
    rise = rng.uniform(0.04, 0.30, n)

    level = _use_levels(rng, n, weeks)
    outages = _outages(params, rng, region)
    dropped = rng.lognormal(-2.2, 0.9, n)[:, None] * (1 + outages / 240)
    complaints = rng.poisson(0.006 + 0.02 * np.log1p(outages / 60) + 0.01 * np.log1p(dropped))
    billing_day = rng.integers(0, MONTH_DAYS, n)
    billing_day = np.where(signed_up > 0, signed_up + billing_day, billing_day)
    cycles = params.days // MONTH_DAYS + 1
    shock = np.where(rng.random((n, cycles)) < 0.05, rng.uniform(0.5, 1.8, (n, cycles)), 0.0)

    days_to_end = _days_to_contract_end(week_days, ends, renewed, length)
    since_rise = week_days - rise_day[:, None]
    cycle = (week_days - billing_day[:, None]) // MONTH_DAYS
    since_bill = week_days - billing_day[:, None] - cycle * MONTH_DAYS
    last_shock = np.take_along_axis(shock, np.clip(cycle, 0, cycles - 1), axis=1)
    drivers = {
        "contract_end": np.where(np.abs(days_to_end) <= 42, 1.0 - np.abs(days_to_end) / 84, 0.0),
        "free_to_leave": (days_to_end <= 0).astype(float),
        "price_rise": ((since_rise > 0) & (since_rise <= 84)) * rise[:, None] / 0.15,
        "bill_shock": np.where((cycle >= 0) & (since_bill > 0), last_shock, 0.0),
        "outages": np.log1p(_trailing(outages, 4) / 60),
        "dropped_calls": np.log1p(_trailing(dropped * 7, 4)),
        "complaints": np.minimum(_trailing(complaints, 8), 2.0),
        "falling_use": _falling_use(level),
        "short_tenure": np.exp(-np.maximum(week_days - signed_up[:, None], 0) / 365),
    }
    parts = np.stack([weight * drivers[name] for name, weight in DRIVER_WEIGHTS.items()])
    hidden = rng.normal(0, params.hidden_strength, n)[:, None]
    seen = np.exp(base + parts.sum(axis=0))
    hazard = np.minimum(seen * np.exp(hidden - params.hidden_strength**2 / 2), 1.0)
    return Lives(
        customer_number=numbers,
        signed_up=signed_up,
        region=region,
        contract_months=months,
        contract_started=started,
        contract_renewed=renewed,
        monthly_price=price,
        price_rise_day=rise_day,
        price_rise_factor=1 + rise,
        use_level=level,
        outage_minutes=outages,
        dropped_call_rate=dropped,
        complaints=complaints,
        billing_day=billing_day,
        bill_shock=shock,
        hazard=hazard,
        hazard_without_hidden=np.minimum(seen, 1.0),
        main_driver=parts.argmax(axis=0),
        cancelled=_draw_cancellations(rng, hazard, signed_up, week_days),
    )


def _contract_days(months: Ints) -> Ints:
    return np.round(months * 365.25 / 12).astype(np.int64)


def _use_levels(rng: np.random.Generator, n: int, weeks: int) -> Floats:
    base = rng.normal(0, 0.5, n)[:, None]
    wander = np.cumsum(rng.normal(0, 0.03, (n, weeks)), axis=1)
    start = np.where(rng.random(n) < 0.45, rng.integers(-10, weeks, n), NEVER)
    steps = np.clip(np.arange(weeks) - start[:, None], 0, 14)
    return np.exp(base + wander - rng.uniform(0.03, 0.14, n)[:, None] * steps)


def _outages(params: SimulationParams, rng: np.random.Generator, region: Ints) -> Ints:
    """Minutes by customer and week: outages hit a region, and there some of its customers."""
    shared = np.random.default_rng([params.seed, 0])
    shape = (REGIONS, params.weeks)
    regional = np.where(shared.random(shape) < 0.12, shared.exponential(300, shape), 0.0)
    hit = rng.random((len(region), params.weeks)) < 0.6
    local = np.where(rng.random(hit.shape) < 0.015, rng.exponential(400, hit.shape), 0.0)
    return np.minimum(hit * regional[region] + local, 1440).astype(np.int64)


def _days_to_contract_end(days: Ints, ends: Ints, renewed: Ints, length: Ints) -> Ints:
    """Days left of the contract that runs on each of `days`; 0 and less once it is over."""
    is_renewed = days >= renewed[:, None]
    current = np.where(is_renewed, (ends + length)[:, None], ends[:, None])
    return np.where(ends[:, None] == NEVER, -NEVER, current - days)


def _trailing(values: npt.NDArray[np.generic], weeks: int) -> Floats:
    """Sum over the `weeks` before each week, that week itself left out."""
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
