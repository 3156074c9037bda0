"""Columns that name a person are found by their name and by their content."""

import pandas as pd
import pytest

from telco_churn.contracts.direct_identifiers import find_direct_identifier

TOWNS = ["Altdorf", "Grossberg", "Seefeld"]


@pytest.mark.parametrize(
    ("name", "texts", "expected"),
    [
        ("Surname", TOWNS, "surname"),
        ("LAST_NAME", TOWNS, "surname"),
        ("Vorname", TOWNS, "first name"),
        ("street 1", TOWNS, "street"),
        ("PLZ", TOWNS, "postal code"),
        ("Phone", ["yes", "no"], None),
        ("PhoneService", TOWNS, None),
        ("town", TOWNS, None),
        ("reach", ["a@b.org", "c.d@e.com", "f@g.net"], "e-mail address"),
        ("reach", ["+49 30 1234567", "030 7654321", "0049 30 111222"], "phone number"),
        (
            "acct",
            [
                "DE89 3704 0044 0532 0130 00",
                "GB82WEST12345698765432",
                "FR1420041010050500013M02606",
            ],
            "bank account",
        ),
        (
            "acct",
            [
                "DE00 3704 0044 0532 0130 00",
                "GB00WEST12345698765432",
                "FR0020041010050500013M02606",
            ],
            None,
        ),
        ("name", ["Anna", "Berta", "Carla"], "name"),
    ],
)
def test_a_name_or_a_form_gives_it_away(name: str, texts: list[str], expected: str | None) -> None:
    assert find_direct_identifier(name, texts, len(texts), None) == expected


def test_dates_as_far_apart_as_ages_are_dates_of_birth_and_dates_of_contracts_are_not() -> None:
    births = pd.Series(range(18 * 365, 80 * 365, 97))
    contracts = pd.Series(range(0, 15 * 365, 31))
    assert find_direct_identifier("col7", [], len(births), births) == "date of birth"
    assert find_direct_identifier("col7", [], len(contracts), contracts) is None
