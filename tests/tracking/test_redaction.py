"""What is named is kept back, at any depth, in any case of letters."""

import pytest

from telco_churn.tracking.config import Redaction
from telco_churn.tracking.redaction import Redactor

DROP = Redactor(Redaction(columns=("full_name",), identifiers=("*_id", "key")))
HASH = Redactor(Redaction(identifiers=("*_id",), action="hash", salt="s"))


@pytest.mark.parametrize("name", ["full_name", "FULL_NAME", "customer_id", "Invoice_ID", "key"])
def test_a_name_is_kept_back_in_any_case(name: str) -> None:
    assert DROP.keeps_back(name)


@pytest.mark.parametrize("name", ["name", "customer_idle", "keys", "region"])
def test_other_names_are_not(name: str) -> None:
    assert not DROP.keeps_back(name)


def test_columns_and_dictionaries_in_cells_are_redacted() -> None:
    columns, rows = DROP.redact_rows(
        ["customer_id", "day", "detail"],
        [["C1", 1, {"key": "C1", "size": 2}], ["C2", 2, [{"full_name": "A B"}]]],
    )
    assert columns == ["day", "detail"]
    assert rows == [[1, {"size": 2}], [2, [{}]]]


def test_hashes_keep_what_is_equal_equal_and_what_is_missing_missing() -> None:
    columns, rows = HASH.redact_rows(["customer_id"], [["C1"], ["C2"], ["C1"], [None]])
    assert columns == ["customer_id"]
    assert rows[0] == rows[2] != rows[1]
    assert rows[3] == [None]
    assert "C1" not in str(rows)


def test_without_a_salt_two_runs_have_other_hashes() -> None:
    one, other = [
        Redactor(Redaction(identifiers=("id",), action="hash")).redact({"id": 7}) for _ in range(2)
    ]
    assert one != other
