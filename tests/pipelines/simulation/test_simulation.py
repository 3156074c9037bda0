"""The sample operator is repeatable, plausible, and has errors where requested."""

import numpy as np
import pytest

from telco_churn.parameters.simulation import MessParams
from telco_churn.pipelines.simulation.covariates import NEVER
from telco_churn.pipelines.simulation.hazard import count_blocks, simulate_lives
from tests.conftest import simulate_tables, simulation_params


def test_the_same_seed_gives_the_same_tables() -> None:
    params = simulation_params(customers=60, weeks=20)
    simulate_lives.cache_clear()
    first = simulate_tables(params)
    simulate_lives.cache_clear()
    again = simulate_tables(params)
    assert all(first[name].equals(again[name]) for name in first)


def test_another_seed_gives_other_customers() -> None:
    first, other = (
        simulate_tables(simulation_params(customers=60, weeks=20, seed=seed)) for seed in (1, 2)
    )
    assert all(not first[name].equals(other[name]) for name in first)


def test_more_customers_leave_whole_blocks_as_they_were() -> None:
    few = simulate_tables(simulation_params(customers=40, block_customers=20, weeks=20))
    many = simulate_tables(simulation_params(customers=60, block_customers=20, weeks=20))
    for name, table in few.items():
        assert many[name].slice(0, len(table)).equals(table)


def test_about_two_percent_cancel_in_thirty_days() -> None:
    params = simulation_params(customers=20_000)
    rates = []
    for day in (200, 300, 400, 500):
        active, leaving = 0, 0
        for block in range(count_blocks(params)):
            lives = simulate_lives(params, block)
            is_active = (lives.signed_up < day) & (lives.cancelled >= day)
            active += is_active.sum()
            leaving += (lives.cancelled[is_active] < day + 30).sum()
        rates.append(leaving / active)
    assert np.mean(rates) == pytest.approx(params.monthly_churn_rate, rel=0.15)


def test_every_driver_of_churn_raises_the_hazard_of_those_it_meets() -> None:
    params = simulation_params(customers=4_000)
    lives = simulate_lives(params, 0)
    hazard = lives.hazard_without_hidden
    rises = (lives.price_rise_day != NEVER) & (lives.price_rise_day < params.days - 14)
    week = lives.price_rise_day[rises] // 7
    after = hazard[np.flatnonzero(rises), week + 1]
    before = hazard[np.flatnonzero(rises), week]
    assert np.median(after / before) > 1.5


def test_the_hidden_part_is_in_one_hazard_and_not_in_the_other() -> None:
    lives = simulate_lives(simulation_params(customers=2_000), 0)
    is_below_cap = (lives.hazard < 1).all(axis=1) & (lives.hazard_without_hidden < 1).all(axis=1)
    ratio = np.log(lives.hazard / lives.hazard_without_hidden)[is_below_cap]
    assert np.allclose(ratio, ratio[:, :1])
    assert ratio[:, 0].std() == pytest.approx(0.5, rel=0.1)
    none = simulate_lives(simulation_params(customers=200, hidden_strength=0), 0)
    assert np.array_equal(none.hazard, none.hazard_without_hidden)


def test_nobody_uses_pays_or_calls_before_signing_up_or_after_leaving() -> None:
    tables = simulate_tables(simulation_params(customers=400))
    customers = tables["customers"].select(["customer_id", "signed_up_on"])
    lives = customers.join(tables["cancellations"], "customer_id").to_pandas()
    for name, column in (("usage", "day"), ("invoices", "issued_on"), ("contacts", "contacted_on")):
        rows = tables[name].select(["customer_id", column]).to_pandas().merge(lives)
        assert (rows[column] >= rows["signed_up_on"]).all()
        left = rows.dropna(subset="cancelled_on")
        assert (left[column] < left["cancelled_on"]).all()


def test_the_mess_is_added_and_no_clean_row_is_lost() -> None:
    mess = MessParams(
        duplicate_fraction=0.1, impossible_fraction=0.05, unknown_customer_fraction=0.02
    )
    clean = simulate_tables(simulation_params(customers=100, weeks=20))["usage"]
    messy = simulate_tables(simulation_params(customers=100, weeks=20, mess=mess))["usage"]
    assert messy.slice(0, len(clean)).equals(clean)
    assert len(messy) == len(clean) + sum(round(len(clean) * share) for share in (0.1, 0.05, 0.02))


def test_columns_go_missing_where_asked() -> None:
    mess = MessParams(
        duplicate_fraction=0,
        impossible_fraction=0,
        unknown_customer_fraction=0,
        missing_columns={"usage": ["day"]},
    )
    tables = simulate_tables(simulation_params(customers=10, weeks=20, mess=mess))
    assert "day" not in tables["usage"].column_names
