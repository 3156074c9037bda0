"""A draw is the same in every run and order of rows, and has enough keys with an event."""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from kedro_asof.engines.bigquery import BigQueryEngine
from kedro_asof.sampling.draw import KEY, Draw, draw_keys, list_keys

Put = Callable[[pa.Table], ir.Table]
CUSTOMERS = [f"c{number}" for number in range(1000)]
CANCELLED = CUSTOMERS[::20]


def draw(put: Put, count: int = 100, minimum: int = 0, seed: int = 1, step: int = 1) -> Draw:
    keys, events = put(pa.table({KEY: CUSTOMERS[::step]})), put(pa.table({KEY: CANCELLED}))
    return draw_keys(keys, events, count, minimum, seed)


def test_a_seed_draws_the_same_keys_in_any_order_of_rows(put: Put) -> None:
    first = draw(put)
    assert len(set(first.keys)) == 100
    assert draw(put, step=-1) == first
    assert set(draw(put, seed=2).keys) != set(first.keys)


def test_a_larger_draw_contains_a_smaller_one(put: Put) -> None:
    assert set(draw(put, 10).keys) < set(draw(put, 50).keys) < set(draw(put, 500).keys)


def test_a_minimum_of_keys_with_an_event_replaces_others(put: Put) -> None:
    by_chance, enough = draw(put), draw(put, minimum=30)
    assert by_chance.with_event < 30 == enough.with_event
    assert len(set(enough.keys) & set(CANCELLED)) == 30
    assert len(enough.keys) == 100
    assert {*by_chance.keys} & {*CANCELLED} <= {*enough.keys}
    assert (enough.all_keys, enough.all_with_event) == (1000, 50)


def test_a_draw_by_chance_has_about_the_share_of_all(put: Put) -> None:
    shares = [draw(put, 400, seed=seed).with_event / 400 for seed in range(5)]
    assert sum(shares) / 5 == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(("count", "minimum", "events"), [(5000, 0, 50), (5000, 5000, 50)])
def test_a_draw_of_more_than_there_are_has_all(
    put: Put, count: int, minimum: int, events: int
) -> None:
    drawn = draw(put, count, minimum)
    assert (set(drawn.keys), drawn.with_event) == (set(CUSTOMERS), events)
    assert draw(put, 60, 60).with_event == 50


def test_keys_are_texts_whatever_their_type(put: Put) -> None:
    numbers = list_keys(put(pa.table({"id": [3, 1, None]})), "id").to_pyarrow()[KEY]
    assert sorted(numbers.to_pylist(), key=str) == ["1", "3", None]


def test_bigquery_orders_by_the_same_digest() -> None:
    text = ibis.table({KEY: "string"}, name="keys")[KEY]
    assert "TO_HEX(MD5(" in str(ibis.to_sql(BigQueryEngine().digest(text), dialect="bigquery"))
