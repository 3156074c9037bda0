"""Passwords in addresses are masked, and other text is unchanged."""

import logging

import pytest

from kedro_asof.credentials import mask_credentials, mask_record


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at postgresql+psycopg://u:p@h:1/db does", "at postgresql+psycopg://***@h:1/db does"),
        ("postgresql://u:p@/db?host=/socket", "postgresql://***@/db?host=/socket"),
        ("http://u:p@ss/w@rd@host/x", "http://***@host/x"),
        ("http://u:p@[::1]:5000", "http://***@[::1]:5000"),
        (
            "postgresql://h/db?user=u&password=p&sslmode=require",
            "postgresql://h/db?user=u&password=***&sslmode=require",
        ),
        ("models:/churn@champion", "models:/churn@champion"),
        ("/opt/python@3.14/lib/x.py", "/opt/python@3.14/lib/x.py"),
        ("https://docs.example.org/a and b@c", "https://docs.example.org/a and b@c"),
    ],
)
def test_user_and_password_of_an_address_are_masked_and_no_other_text(
    text: str, shown: str
) -> None:
    assert mask_credentials(text) == shown


def test_a_record_is_masked_and_one_with_wrong_arguments_passes() -> None:
    record = logging.LogRecord("x", 20, "x.py", 1, "at %s", ("http://u:p@h",), None)
    assert mask_record(record)
    assert record.getMessage() == "at http://***@h"
    wrong = logging.LogRecord("x", 20, "x.py", 1, "%d rows", ("many",), None)
    assert mask_record(wrong)
