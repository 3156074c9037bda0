"""Each column is what a person would say it is, judged by the bulk of its values."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from telco_churn.pipelines.own_table.columns import (
    CATEGORY,
    CONSTANT,
    DATE,
    FLAG,
    IDENTIFIER,
    NUMBER,
    UNREADABLE,
    Reading,
    ReadingOptions,
    find_reading,
    find_unread,
    find_words_for_missing,
    read_values,
    write_as_text,
)
from telco_churn.pipelines.own_table.date_texts import DateForm, read_days

OPTIONS = ReadingOptions("Europe/Berlin", max_unreadable_share=0.1)
ROWS = 400
FEES = [f"{20 + number / 7:.2f}" for number in range(ROWS)]
DAYS = pd.date_range("2024-01-01", periods=ROWS).strftime("%d.%m.%Y").tolist()


def column(values: Any, name: str = "column") -> pd.Series:
    return pd.Series(values, name=name)


def read(values: Any, name: str = "column") -> tuple[str, list[Any]]:
    series = column(values, name)
    reading = find_reading(series, OPTIONS)
    return reading.kind, read_values(series, reading, OPTIONS).tolist()


@pytest.mark.parametrize(
    ("bad", "unread", "missing"),
    [
        (["unknown"], 0, 1),
        (["#N/A", "?", "-", "n/a"], 0, 4),
        (["see note"], 1, 0),
        (["+-5.00", "-5.00-"], 2, 0),
        (["see note"] * 39, 39, 0),
    ],
)
def test_a_few_bad_values_leave_a_number_and_are_counted(
    bad: list[str], unread: int, missing: int
) -> None:
    values = column(bad + FEES[len(bad) :])
    reading = find_reading(values, OPTIONS)
    found = read_values(values, reading, OPTIONS)
    assert reading.kind == NUMBER
    assert found.isna().sum() == len(bad)
    assert found[len(bad) :].tolist() == [float(fee) for fee in FEES[len(bad) :]]
    assert find_unread(values, found, reading).sum() == unread
    assert find_words_for_missing(values, reading).sum() == missing


def test_above_the_share_a_column_is_unreadable_and_never_guessed() -> None:
    values = ["see note"] * 60 + FEES[60:]
    assert read(values)[0] == UNREADABLE
    assert read(["see note"] * 300 + FEES[300:])[0] == CATEGORY


def test_levels_that_are_partly_numbers_are_a_category() -> None:
    kind, values = read(["0", "1", "2", "3+"] * 100)
    assert kind == CATEGORY
    assert values[:4] == ["0", "1", "2", "3+"]


def test_one_typo_among_few_numbers_is_no_level() -> None:
    assert read(["l0"] + ["0", "1", "2"] * 100)[0] == NUMBER


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["19,19", "1.051,44"], [19.19, 1051.44]),
        (["$19.19", "$1,051.44"], [19.19, 1051.44]),
        (["95%", "7 %"], [95, 7]),
        (["(12.50)", "7-"], [-12.5, -7]),
        ([" 1 234,5 ", "7\u00a0000"], [1234.5, 7000]),
        (["1'234.50", "2\u2019000"], [1234.5, 2000]),
        (["12,34,567.00", "1.5"], [1234567, 1.5]),
        (["\u22125", "5"], [-5, 5]),
        (["1e5", ".5"], [1e5, 0.5]),
    ],
)
def test_numbers_are_read_as_people_write_them(values: list[str], expected: list[float]) -> None:
    kind, found = read(values * 2)
    assert kind == NUMBER
    assert found[:2] == expected


def test_another_currency_than_that_of_the_column_is_unreadable() -> None:
    values = column([f"€{fee}" for fee in FEES[1:]] + ["$5.00"])
    reading = find_reading(values, OPTIONS)
    found = read_values(values, reading, OPTIONS)
    assert find_unread(values, found, reading).to_dict() == {"$5.00": 1}


def test_a_separator_that_fits_both_ways_follows_the_other_columns_of_the_file() -> None:
    values = column(["1,234", "2,345"])
    assert find_reading(values, OPTIONS).number.is_sure is False
    by_comma = ReadingOptions("UTC", 0.1, decimal=",")
    assert read_values(values, find_reading(values, by_comma), by_comma).tolist() == [1.234, 2.345]


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (DAYS, "day first"),
        (["12/25/2023", "01/02/2024", "03/04/2024"], "month first"),
        (["25/12/2023", "01/02/2024", "03/04/2024"], "day first"),
        (["2023-12-25", "2023/12/26", "20231227"], "year first"),
        (["25 Dec 2023", "Dec 26, 2023", "27-DEC-23"], "year first"),
    ],
)
def test_the_data_decide_the_order_of_a_date(values: list[str], order: str) -> None:
    reading = find_reading(column(values), OPTIONS)
    assert (reading.kind, reading.date.order, reading.date.is_sure) == (DATE, order, True)
    found = read_values(column(values), reading, OPTIONS)
    assert found.notna().all()
    assert found.min() >= pd.Timestamp("2023-12-25")


def test_an_order_in_doubt_is_said_and_a_given_format_or_another_column_decides() -> None:
    values = column(["01/02/2024", "03/04/2024", "05/06/2024"])
    assert find_reading(values, OPTIONS).date.is_sure is False
    given = ReadingOptions("UTC", 0.1, date_format="%m/%d/%Y")
    assert read_values(values, find_reading(values, given), given)[0] == pd.Timestamp("2024-01-02")
    usual = ReadingOptions("UTC", 0.1, order="month first")
    assert read_values(values, find_reading(values, usual), usual)[0] == pd.Timestamp("2024-01-02")


def test_zero_dates_and_placeholders_are_missing() -> None:
    kind, found = read([*DAYS[:50], "00.00.0000", "31.12.9999", "01.01.1900"])
    assert kind == DATE
    assert pd.isna(found[50:]).all()
    assert not pd.isna(found[:50]).any()


def test_a_time_with_an_offset_is_the_day_it_was_there_and_one_without_is_as_it_is() -> None:
    values = ["2026-01-01T23:30:00+00:00", "2026-07-01T22:30:00Z", "2026-07-01 23:30:00"] * 5
    kind, found = read(values)
    assert kind == DATE
    assert [str(day.date()) for day in found[:3]] == ["2026-01-02", "2026-07-02", "2026-07-01"]
    typed = pd.Series(pd.to_datetime(values[:2], format="ISO8601"))
    assert read(typed.dt.tz_convert("America/New_York"))[1] == found[:2]


def test_one_value_or_blank_is_a_flag_and_one_value_alone_a_constant() -> None:
    assert read(["X", " ", None, "x"]) == (FLAG, ["X", "(blank)", "(blank)", "X"])
    assert read([1.0, None]) == (FLAG, ["1", "(blank)"])
    assert read(["X", "X"])[0] == CONSTANT
    assert read([None, None])[0] == CONSTANT


def test_spellings_of_a_value_are_one_value() -> None:
    assert read(["Yes", "yes", "YES ", "No", "Yes"])[1] == ["Yes", "Yes", "Yes", "No", "Yes"]


def test_running_numbers_with_gaps_are_ids_and_sorted_amounts_are_not() -> None:
    rng = np.random.default_rng(1)
    ids = np.sort(rng.choice(10_000, ROWS, replace=False))
    amounts = np.sort(rng.lognormal(8, 1, ROWS).astype(int) * 1000 + np.arange(ROWS))
    assert read(ids)[0] == read([str(number) for number in ids])[0] == IDENTIFIER
    assert read(amounts)[0] == read([str(number) for number in amounts])[0] == NUMBER
    assert read(rng.permutation(amounts), "customer_id")[0] == IDENTIFIER


def test_codes_with_leading_zeros_are_no_numbers_and_compact_dates_are_dates() -> None:
    assert read(["00123", "45678", "00911"] * 20)[0] == CATEGORY
    days = pd.date_range("2024-01-01", periods=60).strftime("%Y%m%d")
    assert read(days.tolist())[0] == DATE
    assert read(days.astype(int).tolist())[0] == DATE


def test_ids_held_as_floats_are_written_without_a_fraction() -> None:
    assert write_as_text(column([70000.0, 70001.0])).tolist() == ["70000", "70001"]
    assert write_as_text(column(["70000.0", "70001.0"])).tolist() == ["70000", "70001"]
    assert write_as_text(column(["1.5", "2.0"])).tolist() == ["1.5", "2.0"]


@pytest.mark.parametrize(
    "values",
    [
        ["4.12.1", "4.11.2", "5.1.3"],
        ["Junior 10", "Market 20", "Decade 10"],
        ["MAR10", "DEC20", "JUN30"],
    ],
    ids=["versions", "products", "codes"],
)
def test_names_and_versions_are_no_dates(values: list[str]) -> None:
    assert read(values * 20)[0] == CATEGORY


def test_amounts_above_a_thousand_are_no_years_and_months() -> None:
    amounts = [f"{number}.{number % 12 + 1:02d}" for number in range(1200, 1200 + ROWS - 1)]
    kind, values = read([*amounts, "n.b."])
    assert (kind, values[0]) == (NUMBER, 1200.01)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("01/15/2024 11:30 PM -05:00", "2024-01-16"),
        ("01/15/2024 12:30 AM +01:00", "2024-01-15"),
        ("Jan-24", "2024-01-01"),
        ("September 2023", "2023-09-01"),
        ("12.2023", "2023-12-01"),
        ("0001-01-01 00:00:00", "0001-01-01"),
    ],
)
def test_a_date_is_read_with_its_clock_and_its_century(text: str, day: str) -> None:
    (found,) = read_days(column([text]), DateForm("month first"), "Europe/Berlin")
    assert found == pd.Timestamp(day).as_unit("us")


def test_the_first_day_of_the_first_year_stands_for_no_date() -> None:
    kind, values = read(["0001-01-01", *DAYS[1:]])
    assert kind == DATE
    assert values[0] is pd.NaT


def test_whole_floats_beyond_exact_integers_are_texts_of_their_own() -> None:
    assert write_as_text(column([8.9e19, 7.0])).nunique() == 2
    assert write_as_text(column([70000.0, None])).tolist()[0] == "70000"


def test_fractions_are_no_compact_dates() -> None:
    found = read_values(column([20231225.0, 20231225.5]), Reading(DATE), OPTIONS)
    assert found.tolist() == [pd.Timestamp("2023-12-25"), pd.NaT]
