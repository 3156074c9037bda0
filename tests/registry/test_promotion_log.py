"""The promotion log only grows."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from telco_churn.contracts import PromotionLog as Contract
from telco_churn.registry.promotion_log import PromotionLog

ENTRY: dict[str, Any] = {
    "at": datetime(2026, 9, 28, 6, 30, tzinfo=UTC),
    "by": "gate",
    "action": "appointed",
    "model": "telco_churn",
    "from_version": None,
    "to_version": 1,
    "reason": "There was no champion.",
}


def entries(*changes: dict[str, Any]) -> pd.DataFrame:
    return Contract.frame([ENTRY | change for change in changes])


@pytest.fixture
def log(tmp_path: Path) -> PromotionLog:
    return PromotionLog(filepath=str(tmp_path / "06_models" / "promotion_log.jsonl"))


def file_of(tmp_path: Path) -> Path:
    return tmp_path / "06_models" / "promotion_log.jsonl"


def test_without_a_file_there_are_no_entries_and_the_contract_holds(log: PromotionLog) -> None:
    assert Contract.validate(log.load()).empty


def test_entries_come_back_as_they_were_in_their_order(log: PromotionLog) -> None:
    log.save(entries({}))
    log.save(entries({"from_version": 1, "to_version": 2, "by": "Zoë", "reason": 'a "b"\nc/d'}))
    expected = entries(
        {}, {"from_version": 1, "to_version": 2, "by": "Zoë", "reason": 'a "b"\nc/d'}
    )
    pd.testing.assert_frame_equal(Contract.validate(log.load()), expected)


def test_an_entry_is_one_line_of_json_that_people_can_read(
    log: PromotionLog, tmp_path: Path
) -> None:
    log.save(entries({"by": "Zoë"}))
    (line,) = file_of(tmp_path).read_text(encoding="utf-8").splitlines()
    assert "Zoë" in line
    assert json.loads(line) == ENTRY | {"by": "Zoë", "at": "2026-09-28T06:30:00+00:00"}


def test_no_entry_makes_no_file(log: PromotionLog, tmp_path: Path) -> None:
    log.save(entries())
    assert not file_of(tmp_path).exists()


def test_what_is_there_is_never_written_again(log: PromotionLog, tmp_path: Path) -> None:
    log.save(entries({}))
    before = file_of(tmp_path).read_bytes()
    log.save(entries({"from_version": 1, "to_version": 2}))
    assert file_of(tmp_path).read_bytes().startswith(before)


def test_a_torn_line_is_kept_passed_over_and_warned_of(
    log: PromotionLog, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log.save(entries({}))
    with file_of(tmp_path).open("ab") as file:
        file.write(b'{"at": "2026-09-')
    log.save(entries({"from_version": 1, "to_version": 2}))
    with caplog.at_level(logging.WARNING, logger="telco_churn"):
        found = log.load()
    assert found["to_version"].tolist() == [1, 2]
    assert b'\n{"at": "2026-09-\n' in file_of(tmp_path).read_bytes()
    assert "Skipped line 2 of " in caplog.text


@pytest.mark.parametrize("line", ["3", "[]", "{}", "null", '{"at": 1}', "\x00\x00"])
def test_a_line_that_is_no_entry_is_passed_over(
    line: str, log: PromotionLog, tmp_path: Path
) -> None:
    log.save(entries({}))
    with file_of(tmp_path).open("a") as file:
        file.write(line + "\n")
    assert log.load()["to_version"].tolist() == [1]


def test_runs_at_the_same_time_do_not_mix_their_entries(log: PromotionLog) -> None:
    numbers = range(1, 51)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(lambda n: log.save(entries({"to_version": n, "reason": "x" * 5000})), numbers)
        )
    assert sorted(log.load()["to_version"]) == list(numbers)
