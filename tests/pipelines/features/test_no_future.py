"""Nothing dated on or after `as_of` changes the features of `as_of`."""

from datetime import date, datetime, time, timedelta

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tests.conftest import simulate_tables, simulation_params
from tests.small_operator import compute_features

AS_OF = date(2026, 3, 16)
# The day from which a row exists; then, for late columns, the day from which a value exists.
KNOWN_FROM = {
    "customers": "signed_up_on",
    "subscriptions": "valid_from",
    "usage": "day",
    "invoices": "issued_on",
    "contacts": "contacted_on",
    "cancellations": "cancelled_on",
}
FILLED_LATER = {
    ("invoices", "paid_on"): "paid_on",
    ("contacts", "resolved_on"): "resolved_on",
    ("contacts", "satisfaction"): "resolved_on",
}
IDENTIFIERS = {"full_name", "email", "phone", "date_of_birth", "postcode"}


@pytest.fixture(scope="module")
def tables() -> dict[str, pa.Table]:
    made = simulate_tables(simulation_params(customers=250, monthly_churn_rate=0.08))
    made.pop("true_hazard")
    return made


@pytest.fixture(scope="module")
def features(tables: dict[str, pa.Table], engine: ibis.BaseBackend) -> pd.DataFrame:
    return compute_features(tables, [AS_OF], engine)


COLUMNS = [
    (table, column)
    for table, columns in simulate_tables(simulation_params(customers=5, weeks=20)).items()
    if table != "true_hazard"
    for column in columns.column_names
    if column not in IDENTIFIERS
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_features_ignore_what_a_column_says_of_the_future(
    table: str,
    column: str,
    tables: dict[str, pa.Table],
    features: pd.DataFrame,
    engine: ibis.BaseBackend,
) -> None:
    poisoned = tables | {table: poison(tables[table], table, column)}
    assert not poisoned[table].equals(tables[table])
    pd.testing.assert_frame_equal(compute_features(poisoned, [AS_OF], engine), features)


TILED = ["usage", "invoices", "contacts"]


@pytest.mark.parametrize("table", TILED)
def test_features_from_tiles_ignore_the_future(
    table: str, tables: dict[str, pa.Table], features: pd.DataFrame, engine: ibis.BaseBackend
) -> None:
    poisoned = tables[table]
    for column in poisoned.column_names:
        if (table, column) in COLUMNS:
            poisoned = poison(poisoned, table, column)
    assert not poisoned.equals(tables[table])
    found = compute_features(tables | {table: poisoned}, [AS_OF], engine, TILED)
    pd.testing.assert_frame_equal(found, features, check_exact=True)


@pytest.mark.parametrize("table", KNOWN_FROM)
def test_features_do_not_miss_the_rows_of_the_future(
    table: str, tables: dict[str, pa.Table], features: pd.DataFrame, engine: ibis.BaseBackend
) -> None:
    kept = tables[table].filter(pc.less(tables[table][KNOWN_FROM[table]], pa.scalar(AS_OF)))
    assert 0 < len(kept) < len(tables[table])
    pd.testing.assert_frame_equal(
        compute_features(tables | {table: kept}, [AS_OF], engine), features
    )


@pytest.mark.parametrize("table", ["usage", "invoices", "contacts", "subscriptions"])
def test_the_past_does_change_features(
    table: str, tables: dict[str, pa.Table], features: pd.DataFrame, engine: ibis.BaseBackend
) -> None:
    known_from = tables[table][KNOWN_FROM[table]]
    kept = tables[table].filter(pc.not_equal(known_from, pa.scalar(AS_OF - timedelta(days=1))))
    some_weeks_ago = pa.scalar(AS_OF - timedelta(days=25))
    kept = kept.filter(pc.less(kept[KNOWN_FROM[table]], some_weeks_ago))
    assert not compute_features(tables | {table: kept}, [AS_OF], engine).equals(features)


def test_the_same_date_gives_the_same_features_beside_other_dates(
    tables: dict[str, pa.Table], features: pd.DataFrame, engine: ibis.BaseBackend
) -> None:
    others = [AS_OF - timedelta(days=90), AS_OF - timedelta(days=7), AS_OF]
    together = compute_features(tables, others, engine)
    same_date = together[pd.to_datetime(together["as_of"]) == pd.Timestamp(AS_OF)]
    pd.testing.assert_frame_equal(same_date.reset_index(drop=True), features)


@pytest.mark.parametrize("table", ["usage", "invoices", "contacts", "subscriptions"])
def test_a_late_file_changes_no_past_feature(
    table: str, tables: dict[str, pa.Table], engine: ibis.BaseBackend
) -> None:
    """Rows of the last weeks that arrive on `as_of` do not count on that day."""
    happened_on = tables[table][KNOWN_FROM[table]]
    is_old = pc.less(happened_on, pa.scalar(AS_OF - timedelta(days=60)))
    is_late = pc.and_(pc.invert(is_old), pc.less(happened_on, pa.scalar(AS_OF)))
    in_time = _load_on(tables[table].filter(is_old), AS_OF - timedelta(days=1))
    late = _load_on(tables[table].filter(is_late), AS_OF)
    without = tables | {table: in_time}
    with_late = tables | {table: pa.concat_tables([in_time, late])}
    expected, found = (
        compute_features(given, [AS_OF, AS_OF + timedelta(days=1)], engine)
        for given in (without, with_late)
    )
    is_next_day = expected["as_of"] > pd.Timestamp(AS_OF)
    assert is_next_day.any()
    pd.testing.assert_frame_equal(found[~is_next_day], expected[~is_next_day])
    assert not found[is_next_day].equals(expected[is_next_day])


def _load_on(table: pa.Table, day: date) -> pa.Table:
    moment = datetime.combine(day, time(3))
    return table.append_column("loaded_at", pa.array([moment] * len(table), pa.timestamp("us")))


def poison(table: pa.Table, name: str, column: str) -> pa.Table:
    """Change a column wherever its value is known only on or after AS_OF."""
    since = pd.to_datetime(table[FILLED_LATER.get((name, column), KNOWN_FROM[name])].to_pandas())
    is_future = (since.isna() | (since >= pd.Timestamp(AS_OF))).to_numpy()
    position = table.schema.get_field_index(column)
    values = table[column].combine_chunks()
    is_key = (name, column) in {("customers", "customer_id"), ("cancellations", "customer_id")}
    if is_key:  # their contracts allow each customer once
        lie = pa.array([f"poison {number}" for number in range(len(values))])
    else:
        lie = _lies(values, is_future, _is_own_date(name, column))
    return table.set_column(position, column, pc.if_else(pa.array(is_future), lie, values))


def _is_own_date(name: str, column: str) -> bool:
    return column in {KNOWN_FROM[name], FILLED_LATER.get((name, column))}


def _lies(values: pa.Array, is_future: np.ndarray, keeps_to_the_future: bool) -> pa.Array:
    if pa.types.is_date(values.type):
        day = AS_OF if keeps_to_the_future else date(2020, 1, 1)
        return pa.array([day] * len(values), values.type)
    if pa.types.is_string(values.type):
        past = values.filter(pa.array(~is_future))
        other = past[0].as_py() if len(past) else "poison"
        return pa.array([other if number % 2 else "poison" for number in range(len(values))])
    return pa.array([12_345] * len(values)).cast(values.type)
