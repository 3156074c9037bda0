"""A run that is killed at any moment leaves whole deliveries, and the next run continues."""

import multiprocessing
import random
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.pipelines.ingestion.small_deliveries import Ingestion

pytestmark = pytest.mark.slow

KILLS = 18
CUSTOMERS = [f"c{number}" for number in range(20)]
HARNESS = "tests.pipelines.ingestion.small_deliveries"


def _rows(week: int) -> list[dict[str, Any]]:
    """Return a week of usage: one row repeats the week before, one is bad, one is late."""
    monday = date(2026, 1, 5) + timedelta(weeks=week)
    days = [monday + timedelta(days=day) for day in (-1, *range(7))]
    row = {"call_minutes": 1.0, "data_mb": 2.0, "sms_count": 1, "dropped_calls": 0}
    return [
        row | {"customer_id": customer, "day": day, "outage_minutes": 0 if day >= monday else week}
        for customer in [*CUSTOMERS, "stranger"]
        for day in days
    ]


def _run(folder: Path, known: list[str] | None) -> None:
    Ingestion(folder, "usage", customers=known).run(CUSTOMERS)


def test_a_kill_at_any_moment_leaves_whole_deliveries(tmp_path: Path) -> None:
    chance = random.Random(17)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([HARNESS])
    table = Ingestion(tmp_path / "killed", "usage")
    table.deliver("week-00.parquet", _rows(0))
    seconds = max(_time(context, table, None), _time(context, table, CUSTOMERS))
    outcomes = Counter[str]()
    for week in range(1, KILLS + 1):
        before = set(table.read_log()["file"])
        table.deliver(f"week-{week:02}.parquet", _rows(week))
        run = context.Process(target=_run, args=(table.folder, CUSTOMERS))
        run.start()
        time.sleep(chance.uniform(0, seconds))
        run.kill()
        run.join()
        log = table.read_log()
        new = set(log["file"]) - before
        outcomes["made" if new else "not made"] += 1
        assert (log["rows"] == log["kept"] + log["duplicate"] + log["rejected"]).all()
        assert len(table.read_kept()) == log["kept"].sum()
        if week % 3 == 0:  # also several kills before a run that ends
            assert _time(context, table, CUSTOMERS) > 0
    _time(context, table, CUSTOMERS)
    once = Ingestion(tmp_path / "once", "usage")
    for week in range(KILLS + 1):
        once.deliver(f"week-{week:02}.parquet", _rows(week))
    once.run(CUSTOMERS)
    pd.testing.assert_frame_equal(table.read_kept(), once.read_kept())
    assert table.read_rejected() == once.read_rejected()
    assert outcomes["not made"] >= 5  # kills after the commit would prove little
    assert list(table.primary.glob("_aside_*")) == []


def _time(context: Any, table: Ingestion, known: list[str] | None) -> float:
    started = time.monotonic()
    run = context.Process(target=_run, args=(table.folder, known))
    run.start()
    run.join()
    assert run.exitcode == 0
    return time.monotonic() - started
