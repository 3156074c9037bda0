"""A run that is killed while it makes tiles leaves tiles that are right, or none."""

import multiprocessing
import random
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.pipelines.features.small_tiles import CUSTOMERS, TiledTable
from tests.pipelines.ingestion.small_deliveries import Ingestion

pytestmark = pytest.mark.slow

KILLS = 18
FIRST = date(2026, 1, 5)


def _rows(week: int) -> list[dict[str, Any]]:
    """Return a week of usage, with a late row that changes an earlier week."""
    monday = FIRST + timedelta(weeks=week)
    days = [monday + timedelta(days=3 * n) for n in range(3)]
    row = {"call_minutes": 1.0, "data_mb": 2.0, "sms_count": 1, "dropped_calls": 0}
    late = {"customer_id": "c", "day": monday - timedelta(days=5 * (week % 5) + 1)}
    return [row | late | {"outage_minutes": week}] + [
        row | {"customer_id": customer, "day": day, "outage_minutes": 0}
        for customer in CUSTOMERS[:2]
        for day in days
    ]


def _update(folder: Path, as_of: date) -> None:
    TiledTable.of(Ingestion(folder, "usage")).update([as_of])


def test_a_kill_at_any_moment_leaves_tiles_that_are_right(tmp_path: Path) -> None:
    chance = random.Random(28)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.pipelines.features.small_tiles"])
    table = Ingestion(tmp_path, "usage")
    tiled, made, seconds = TiledTable.of(table), Counter[bool](), 0.0
    for week in range(KILLS + 1):
        table.deliver(f"week-{week:02}.parquet", _rows(week))
        table.run(CUSTOMERS)
        as_of = FIRST + timedelta(weeks=week + 1)
        started = time.monotonic()
        run = context.Process(target=_update, args=(table.folder, as_of))
        run.start()
        if week == 0:  # how long a whole run takes
            run.join()
            seconds = time.monotonic() - started
        else:
            time.sleep(chance.uniform(0, seconds))
            run.kill()
            run.join()
        this_week = as_of - timedelta(weeks=1)
        made[this_week in tiled.table.load().made] += 1
        pd.testing.assert_frame_equal(
            tiled.compute([as_of]), tiled.compute_from_rows([as_of]), check_exact=True
        )
        if week % 3 == 0:  # also several kills before a run that ends
            tiled.update([as_of])
    tiled.update([as_of])
    assert tiled.update([as_of]) == []
    assert made[False] >= 5  # kills after the commit would prove little
    assert list(tiled.folder.glob("_aside_*")) == []
