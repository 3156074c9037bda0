"""Suggestions follow names, types and values; what they leave open is marked."""

import ibis.expr.datatypes as dt
import pytest
import yaml

from kedro_asof.contracts.suggestions import (
    UNKNOWN,
    find_date_formats,
    find_number_notation,
    fits,
    match_names,
    match_values,
    write_entries,
)

LACKING = {"customer_id": dt.string, "signed_up_on": dt.date, "monthly_price": dt.float64}


def test_names_match_in_any_case_and_notation() -> None:
    found = {"MONTHLY_PRICE": dt.float64, "signedUpOn": dt.date, "CustomerID": dt.int64}
    assert match_names(LACKING, found, fits) == {
        "customer_id": "CustomerID",
        "signed_up_on": "signedUpOn",
        "monthly_price": "MONTHLY_PRICE",
    }


def test_a_name_of_another_type_or_without_likeness_does_not_match() -> None:
    found = {"monthlyPrice": dt.date, "shoe_size": dt.string}
    assert match_names(LACKING, found, fits) == {}


def test_a_found_name_is_used_once() -> None:
    lacking = {"customer_id": dt.string, "customer_ids": dt.string}
    assert match_names(lacking, {"customer_id_": dt.string}) == {"customer_id": "customer_id_"}


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (["25.12.2023", "01.02.2024"], ["%d.%m.%Y"]),
        (["25/12/2023", "01/02/2024"], ["%d/%m/%Y"]),
        (["12/25/2023", "01/02/2024"], ["%m/%d/%Y"]),
        (["01/02/2024"], ["%d/%m/%Y", "%m/%d/%Y"]),
        (["20231225"], ["%Y%m%d"]),
        (["25.12.2023", "soon"], []),
        (["25.12.2023 10:30:00"], ["%d.%m.%Y %H:%M:%S"]),
        (["25.12.23"], ["%d.%m.%y"]),
        ([], []),
    ],
)
def test_the_values_decide_the_format_of_dates(values: list[str], formats: list[str]) -> None:
    assert find_date_formats(values) == formats


@pytest.mark.parametrize(
    ("values", "notation"),
    [
        (["1,5", "20"], {"decimal": ","}),
        (["1.234,56", "7,5"], {"decimal": ",", "thousands": "."}),
        (["1 234,56", "1\u00a0234,5"], {"decimal": ",", "thousands": " "}),
        (["1,234.56", "7.5"], {"thousands": ","}),
        (["1'234.56"], {"thousands": "'"}),
        (["1,234", "5,678"], {"decimal": UNKNOWN, "thousands": UNKNOWN}),
        (["1.5", "20"], {}),
        (["1,5", "1.5"], {}),
        (["1,5", "much"], {}),
        ([], {}),
    ],
)
def test_the_values_decide_the_notation_of_numbers(
    values: list[str], notation: dict[str, str]
) -> None:
    assert find_number_notation(values) == notation


def test_a_value_matches_the_one_allowed_value_that_begins_like_it() -> None:
    allowed = ["consumer", "business"]
    assert match_values(["BUS", "Consumer ", "RES", "--"], allowed) == {
        "BUS": "business",
        "Consumer ": "consumer",
        "RES": UNKNOWN,
        "--": UNKNOWN,
    }


def test_yaml_reads_back_what_is_written() -> None:
    value = {"segment": {"no": "business", "a: b": "it's", "1": "ü", "A-Z": "x"}, "day": "%d.%m"}
    assert yaml.safe_load(write_entries(value)) == value


def test_equal_entries_are_written_out() -> None:
    notation = {"decimal": ","}
    assert write_entries({"a": notation, "b": notation}) == "a: {decimal: ','}\nb: {decimal: ','}"
