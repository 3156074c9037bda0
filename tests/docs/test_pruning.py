"""Replaced files stay until an operator runs the code that the page on restoring shows."""

import re
from pathlib import Path

import pytest
from deltalake import DeltaTable

from kedro_asof.datasets.dated_history import DatedHistory
from kedro_asof.errors import InvalidDataError
from tests.conftest import PROJECT
from tests.kedro_asof.datasets.small_scores import ROW, commit, customers, table

PAGE = PROJECT / "docs" / "how-to" / "restore-and-prune-scores.md"
PLACE = "data/07_model_output/churn_scores"


def read_documented(place: Path, days: int) -> str:
    """Return the code of the page, for another table and another number of days."""
    text = PAGE.read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert PLACE in code
    assert "retention_hours=24 * 90" in code
    return code.replace(PLACE, str(place)).replace("24 * 90", f"24 * {days}")


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """A table whose only date was replaced once."""
    table(tmp_path).save(commit(ROW))
    table(tmp_path).save(commit(ROW | {"customer_id": "b"}, replaces=0))
    return tmp_path


def test_a_plain_vacuum_frees_nothing(scores: Path) -> None:
    assert DeltaTable(scores).vacuum(dry_run=False) == []


def test_the_documented_call_frees_what_was_replaced_long_ago(scores: Path) -> None:
    exec(read_documented(scores, days=90), {})
    assert DatedHistory(filepath=str(scores)).restore("2026-01-01", 0)  # replaced just now
    exec(read_documented(scores, days=0), {})
    assert customers(scores) == [("2026-01-01", "a")]
    with pytest.raises(InvalidDataError, match="were removed"):
        DatedHistory(filepath=str(scores)).restore("2026-01-01", 1)


def test_it_frees_what_a_killed_run_left_too(scores: Path) -> None:
    left = scores / "as_of=2026-01-01" / "left.parquet"
    left.write_bytes(b"rows of customers")
    exec(read_documented(scores, days=0), {})
    assert not left.exists()
    assert customers(scores) == [("2026-01-01", "b")]
