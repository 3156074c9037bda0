"""The weekly benchmark: the files of its deliveries, and its page."""

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks import weekly_inputs
from benchmarks.processes import Measurement
from benchmarks.weekly_inputs import EVENTS, FIRST_DAY, LONG, NEW_FILE, SHORT, WHOLE, Operator
from benchmarks.weekly_report import COMPARED, write_report
from benchmarks.weekly_targets import (
    BASELINE,
    BASELINE_ALL,
    FIRST,
    FIRST_SCORES,
    WEEKLY,
    WEEKLY_SCORES,
    Results,
)


def test_both_histories_get_the_same_new_week(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weekly_inputs, "PLACE", tmp_path)
    days = [FIRST_DAY + timedelta(weeks=week) for week in range(LONG + 1)]
    for table, day in (EVENTS | WHOLE).items():
        folder = tmp_path / "5" / "simulated" / "01_raw" / table
        folder.mkdir(parents=True)
        pq.write_table(pa.table({day: days}), folder / "part-00000.parquet")

    for weeks in (LONG, SHORT):
        operator = Operator(5, weeks)
        weekly_inputs.make_history(operator)
        before = {table: pq.read_table(operator.raw / table) for table in EVENTS | WHOLE}
        weekly_inputs.deliver_week(operator)

        assert {table: len(before[table]) for table in EVENTS} == dict.fromkeys(EVENTS, weeks)
        assert {table: len(before[table]) for table in WHOLE} == dict.fromkeys(WHOLE, LONG)
        for table, day in EVENTS.items():
            new = pq.read_table(operator.raw / table / NEW_FILE)
            assert new[day].to_pylist() == days[-1:]
            assert new.schema == before[table].schema
        assert all(len(pq.read_table(operator.raw / table)) == LONG + 1 for table in WHOLE)
        assert weekly_inputs.count_usage(operator) == (weeks, 1)


def test_the_page_names_met_and_missed_targets(tmp_path: Path) -> None:
    results = Results(5, 50)
    for customers in results.sizes:
        for weeks in (LONG, SHORT):
            operator = Operator(customers, weeks)
            results.rows[operator] = (customers * weeks, customers)
            results.runs[operator] = {
                FIRST: Measurement(wall=160, worked=120, peak=4096),
                BASELINE: Measurement(wall=100, worked=100, peak=1000),
                WEEKLY: Measurement(wall=weeks / 10, worked=weeks / 10, peak=500),
                BASELINE_ALL: Measurement(wall=101, worked=101, peak=1000),
                FIRST_SCORES: Measurement(wall=40, worked=30, peak=2000),
                WEEKLY_SCORES: Measurement(wall=weeks / 10, worked=weeks / 10, peak=600),
            }

    write_report(results, tmp_path)

    page = (tmp_path / "weekly.md").read_text()
    for target in (
        "| 5 customers, first load against DuckDB SQL, whole process | at most 1.5 x | 1.6 x | "
        "**missed** |",
        "| 5 customers, first load against DuckDB SQL, nodes alone | at most 1.5 x | 1.2 x | met |",
        "| 50 customers, weekly cycle against the first, nodes alone | at most 0.125 x | 0.104 x | "
        "met |",
        "| 50 customers, weekly cycle after 78 weeks against 26, whole process | at most 1.15 x | "
        "3 x | **missed** |",
        "| 50 customers, largest peak memory of a run | at most 3.79 GiB | 4 GiB | **missed** |",
    ):
        assert target in page
    assert COMPARED in page
    assert (tmp_path / "weekly.svg").exists()
