"""Profit equals values computed by hand, and a row-by-row version of its definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telco_churn.pipelines.evaluation.held_out import read_held_out
from tests.pipelines.evaluation.predictions import decision, predict


def test_profit_is_what_contacted_customers_earn_and_cost() -> None:
    rows = predict(4, seed=0).assign(
        churned=[True, False, True, True], churn_probability=[0.9, 0.8, 0.7, 0.1]
    )
    held_out = read_held_out(rows)
    # A contact pays from a probability of 0.2; a churner earns 0.5 * (100 - 10) - 5, a stayer
    # costs 10.
    assert held_out.plan_campaign(decision(None)).profit(np.ones(4)) == 40 - 10 + 40
    assert held_out.plan_campaign(decision(2)).profit(np.ones(4)) == 40 - 10
    assert held_out.plan_campaign(decision(2)).profit(np.array([1, 0, 3, 1.0])) == 40 + 40
    assert held_out.plan_campaign(decision(2)).profit(np.array([0, 0, 0, 5.0])) == 0


def test_equal_probabilities_are_contacted_in_the_order_of_customers() -> None:
    rows = predict(3, seed=0).assign(churned=[False, True, True], churn_probability=0.5)
    for order in ([0, 1, 2], [2, 1, 0]):
        held_out = read_held_out(rows.iloc[order])
        assert held_out.plan_campaign(decision(1)).profit(np.ones(3)) == -10


@given(seed=st.integers(0, 10**6), capacity=st.sampled_from([None, 1, 7, 1000]))
def test_profit_is_that_of_a_reading_row_by_row(seed: int, capacity: int | None) -> None:
    rows = predict(40, seed, dates=3)
    rows = rows.assign(churn_probability=rows["churn_probability"].round(1))
    held_out = read_held_out(rows.sample(frac=1, random_state=seed % 1000))
    customer_weights = np.random.default_rng(seed).poisson(1, 40)
    weights = customer_weights[held_out.customer].astype(float)
    expected = 0.0
    for _, group in rows.groupby("as_of"):
        left = np.inf if capacity is None else capacity
        best_first = group.sort_values(
            ["churn_probability", "customer_id"], ascending=[False, True]
        )
        for line in best_first.itertuples():
            if 0.5 * (line.churn_probability * 100 - 10) - 5 > 0:
                taken = min(left, customer_weights[int(line.customer_id[1:])])
                expected += taken * (0.5 * (line.churned * 100 - 10) - 5)
                left -= taken
    profit = held_out.plan_campaign(decision(capacity)).profit(weights)
    assert profit == pytest.approx(expected / 3)


def test_the_curve_goes_through_the_profit_of_each_capacity() -> None:
    held_out = read_held_out(predict(50, seed=1, dates=2))
    contacts = np.array([0.0, 3, 10])
    curve = held_out.plan_campaign(decision(None)).profit_by_contacts(contacts, np.ones(100))
    free = {"contact_cost": 0, "offer_cost": 0}
    assert curve[0] == 0
    at_no_cost = held_out.plan_campaign(decision(None, **free))
    for number, count in ((1, 3), (2, 10)):
        limited = held_out.plan_campaign(decision(count, **free)).profit(np.ones(100))
        curve_at_no_cost = at_no_cost.profit_by_contacts(contacts, np.ones(100))
        assert curve_at_no_cost[number] == pytest.approx(limited)
