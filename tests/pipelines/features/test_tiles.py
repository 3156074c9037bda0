"""Features from tiles are those from rows, whatever happens between two dates."""

import json
import shutil
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from kedro.io import DatasetError

from kedro_asof.errors import BrokenLogError, InvalidDataError, WrongCallError
from kedro_asof.tiles.log import TileChange
from kedro_asof.windows.declaration import WindowParams
from telco_churn.pipelines.features.tiles import update_tiles
from tests.conftest import feature_params
from tests.pipelines.features.small_tiles import CUSTOMERS, TiledTable
from tests.pipelines.ingestion.small_deliveries import Ingestion

MONDAY = date(2026, 3, 2)
WEEKS = [MONDAY - timedelta(weeks=n) for n in range(12, 0, -1)]


def _usage(day: date, customer: str = "a", **changes: Any) -> dict[str, Any]:
    row = {"call_minutes": 1.5, "data_mb": 2.0, "sms_count": 1, "dropped_calls": 0}
    return {"customer_id": customer, "day": day, **row, "outage_minutes": 3} | changes


def _month(first: date, days: int = 84) -> list[dict[str, Any]]:
    return [_usage(first + timedelta(days=n)) for n in range(days)]


@pytest.fixture
def usage(tmp_path: Path) -> Ingestion:
    """Usage of twelve weeks before a Monday."""
    ingestion = Ingestion(tmp_path, "usage")
    ingestion.deliver("history.parquet", _month(WEEKS[0]))
    ingestion.run(CUSTOMERS)
    return ingestion


def test_a_next_date_makes_the_tile_of_its_week_alone(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    assert tiled.update([MONDAY]) == WEEKS
    assert tiled.update([MONDAY]) == []
    usage.deliver("next.parquet", _month(MONDAY, 7))
    usage.run(CUSTOMERS)
    assert tiled.update([MONDAY + timedelta(weeks=1)]) == [MONDAY]
    _expect_rows(tiled, [MONDAY, MONDAY + timedelta(weeks=1)])


def test_a_late_row_makes_the_tile_of_its_week_anew_and_no_other(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    before = tiled.compute([MONDAY])
    usage.deliver("late.parquet", [_usage(WEEKS[3], "b")])
    usage.run(CUSTOMERS)
    assert not before.equals(tiled.compute([MONDAY]))  # also before the tile is made anew
    _expect_rows(tiled, [MONDAY])
    assert tiled.update([MONDAY]) == [WEEKS[3]]
    _expect_rows(tiled, [MONDAY])


def test_a_withdrawn_file_makes_its_tiles_anew(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    usage.deliver("late.parquet", [_usage(WEEKS[5], "b"), _usage(WEEKS[6], "c")])
    usage.run(CUSTOMERS)
    tiled.update([MONDAY])
    (usage.raw / "late.parquet").unlink()
    usage.run(CUSTOMERS)
    assert tiled.update([MONDAY]) == [WEEKS[5], WEEKS[6]]
    _expect_rows(tiled, [MONDAY])


@pytest.mark.slow  # it ingests 15 deliveries
def test_small_files_that_are_put_together_make_no_tile_anew(usage: Ingestion) -> None:
    for number in range(14):
        row = _usage(WEEKS[11] + timedelta(days=number % 7), "b" if number < 7 else "c")
        usage.deliver(f"{number}.parquet", [row])
        usage.run(CUSTOMERS)
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    usage.deliver("one_more.parquet", [_usage(MONDAY, "b")])
    usage.run(CUSTOMERS)
    assert tiled.update([MONDAY]) == []


def test_another_declaration_makes_all_tiles_anew(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    window = WindowParams.model_validate(
        {"date": "day", "windows": [7, 28], "measures": {"data_mb": ["max"]}}
    )
    other = TiledTable.of(usage, windows={"usage": window})
    _expect_rows(other, [MONDAY])  # the tiles of the first declaration are not used
    assert other.update([MONDAY]) == WEEKS[8:]
    _expect_rows(other, [MONDAY])
    assert tiled.update([MONDAY]) == WEEKS


def test_other_windows_over_the_same_columns_keep_the_tiles(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    declared = feature_params().windows["usage"]
    measures = {
        column: {statistic: [14] for statistic in statistics}
        for column, statistics in declared.measures.items()
    }
    shorter = declared.model_copy(update={"windows": [14], "measures": measures})
    other = TiledTable.of(usage, windows={"usage": shorter})
    assert other.update([MONDAY]) == []
    _expect_rows(other, [MONDAY])


def test_another_weekday_reads_the_rows_of_the_weeks_that_it_cuts(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tuesday = MONDAY + timedelta(days=1)
    assert len(tiled.update([tuesday])) == 12 - len([7, 14, 28, 56, 84])
    _expect_rows(tiled, [tuesday])


def test_rebuild_makes_the_tiles_anew_that_a_run_needs(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    assert TiledTable.of(usage, rebuild=True).update([MONDAY]) == WEEKS
    _expect_rows(tiled, [MONDAY])


def test_a_table_that_is_ingested_anew_makes_its_tiles_anew(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    usage.params = usage.params.model_copy(update={"rebuild": True})
    usage.run(CUSTOMERS)
    assert tiled.update([MONDAY]) == WEEKS
    shutil.rmtree(usage.primary)
    usage.run(CUSTOMERS)
    assert tiled.update([MONDAY]) == WEEKS


def test_a_table_that_is_restored_from_a_backup_makes_its_later_tiles_anew(
    usage: Ingestion, tmp_path: Path
) -> None:
    shutil.copytree(usage.primary, tmp_path / "backup")
    checked = tmp_path / "checked"
    shutil.copytree(usage.checked, checked)
    tiled = TiledTable.of(usage)
    usage.deliver("late.parquet", [_usage(WEEKS[3], "b")])
    usage.run(CUSTOMERS)
    tiled.update([MONDAY])
    for place, backup in ((usage.primary, tmp_path / "backup"), (usage.checked, checked)):
        shutil.rmtree(place)
        shutil.copytree(backup, place)
    time.sleep(1.1)  # the times of commits are kept to the second
    usage.deliver("late.parquet", [_usage(WEEKS[3], "b", call_minutes=7.0)])
    usage.run(CUSTOMERS)
    _expect_rows(tiled, [MONDAY])
    assert tiled.update([MONDAY]) == WEEKS


def test_a_killed_first_commit_is_no_table(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    for commit in (tiled.folder / "_delta_log").iterdir():
        commit.unlink()
    assert tiled.update([MONDAY]) == WEEKS
    _expect_rows(tiled, [MONDAY])


def test_a_lost_file_is_reported_and_its_tile_made_anew(
    usage: Ingestion, caplog: pytest.LogCaptureFixture
) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    (lost,) = (tiled.folder / f"week={WEEKS[4]}").glob("*.parquet")
    lost.unlink()
    _expect_rows(tiled, [MONDAY])
    assert "Files of 1 tiles in" in caplog.text
    assert tiled.update([MONDAY]) == [WEEKS[4]]
    _expect_rows(tiled, [MONDAY])


def test_a_week_without_rows_has_a_tile_too(tmp_path: Path) -> None:
    ingestion = Ingestion(tmp_path, "usage")
    ingestion.deliver("one.parquet", [_usage(WEEKS[-1])])
    ingestion.run(CUSTOMERS)
    tiled = TiledTable.of(ingestion)
    assert tiled.update([MONDAY]) == WEEKS
    assert tiled.update([MONDAY]) == []
    _expect_rows(tiled, [MONDAY])


def test_runs_that_make_tiles_at_the_same_time_both_succeed(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    changes = [_plan(tiled, tiled.load_events()) for _ in range(2)]
    for change in changes:
        tiled.table.save(change)
    assert tiled.update([MONDAY]) == []
    _expect_rows(tiled, [MONDAY])


def test_tiles_of_a_newer_version_of_the_project_are_an_error(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    (commit,) = (tiled.folder / "_delta_log").glob("*.json")
    lines = [json.loads(line) for line in commit.read_text().splitlines()]
    for line in lines:
        if "commitInfo" in line:
            line["commitInfo"]["tiles"] = json.dumps({"format": 99})
    commit.write_text("\n".join(json.dumps(line) for line in lines))
    with pytest.raises(
        DatasetError, match=r"found format 99, expected at most 1\. Update"
    ) as caught:
        tiled.update([MONDAY])
    assert isinstance(caught.value.__cause__, InvalidDataError)


def test_a_broken_log_says_that_the_folder_can_be_deleted(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    (commit,) = (tiled.folder / "_delta_log").glob("*.json")
    commit.write_text(commit.read_text()[:100])
    with pytest.raises(
        DatasetError, match=r"Delete .*usage_tiles: the next run makes the tiles"
    ) as caught:
        tiled.update([MONDAY])
    assert isinstance(caught.value.__cause__, BrokenLogError)
    shutil.rmtree(tiled.folder)
    assert tiled.update([MONDAY]) == WEEKS


def test_a_table_without_a_log_of_changes_gets_no_tiles(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    events = tiled.load_events()
    elsewhere = TiledTable(usage.primary.parent / "elsewhere", "usage", tiled.features)
    with pytest.raises(
        WrongCallError, match=r"Cannot keep tiles of usage: .*features.tiles: false"
    ):
        _plan(elsewhere, events)


def test_old_tiles_can_be_dropped(usage: Ingestion) -> None:
    tiled = TiledTable.of(usage)
    tiled.update([MONDAY])
    old = tiled.table.list_weeks(before=WEEKS[2])
    assert list(old) == WEEKS[:2]
    assert all(size > 0 for size in old.values())
    tiled.table.drop(list(old))
    assert not list((tiled.folder / f"week={WEEKS[0]}").glob("*.parquet"))
    assert tiled.update([MONDAY]) == WEEKS[:2]
    _expect_rows(tiled, [MONDAY])


usage_rows = st.builds(
    _usage,
    day=st.integers(0, 41).map(lambda n: WEEKS[6] + timedelta(days=n)),
    customer=st.sampled_from(CUSTOMERS),
    call_minutes=st.sampled_from([0.0, 0.1, 12.25]),
    outage_minutes=st.sampled_from([0, 7]),
    loaded_at=st.integers(0, 50).map(lambda n: datetime(2026, 1, 20) + timedelta(days=n)),
)
contact_rows = st.fixed_dictionaries(
    {
        "contact_id": st.sampled_from([f"i{n}" for n in range(9)]),
        "customer_id": st.sampled_from(CUSTOMERS),
        "contacted_on": st.integers(0, 41).map(lambda n: WEEKS[6] + timedelta(days=n)),
        "channel": st.just("phone"),
        "topic": st.sampled_from(["complaint", "billing", "technical", "other"]),
        "resolved_on": st.one_of(
            st.none(), st.integers(0, 55).map(lambda n: WEEKS[6] + timedelta(days=n))
        ),
        "satisfaction": st.sampled_from([1, 3, 5]),
    }
)
FILES = ["p.parquet", "q.parquet"]


def _plan_runs(rows: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw runs: files that are delivered or replaced, files that go, and dates to compute."""
    delivered = st.dictionaries(st.sampled_from(FILES), st.lists(rows, min_size=1, max_size=6))
    days = st.one_of(
        st.sampled_from([[MONDAY], [MONDAY - timedelta(weeks=1), MONDAY]]),
        st.integers(-14, 3).map(lambda n: [MONDAY + timedelta(days=n)]),
    )
    run = st.tuples(delivered, st.sets(st.sampled_from(FILES), max_size=1), days)
    return st.lists(run, min_size=2, max_size=3)


@settings(max_examples=2, phases=[Phase.generate])
@given(runs=_plan_runs(usage_rows))
def test_features_of_usage_are_those_of_one_ingestion(
    runs: list[Any], tmp_path_factory: Any
) -> None:
    _compare("usage", runs, tmp_path_factory.mktemp("usage"))


@pytest.mark.slow
@settings(max_examples=30, phases=[Phase.generate])
@given(runs=st.one_of(_plan_runs(usage_rows), _plan_runs(contact_rows)))
def test_features_are_those_of_one_ingestion(runs: list[Any], tmp_path_factory: Any) -> None:
    rows = next((rows for delivered, _, _ in runs for rows in delivered.values()), [{"day": 0}])
    table = "usage" if "day" in rows[0] else "contacts"
    _compare(table, runs, tmp_path_factory.mktemp(table))


def _compare(name: str, runs: Sequence[Any], folder: Path) -> None:
    """Compute features after each run, from tiles that earlier runs made, and compare."""
    steps, content = Ingestion(folder / "steps", name), {}
    tiled = TiledTable.of(steps)
    for number, (delivered, gone, dates) in enumerate(runs):
        for file in gone & {*content} - {*delivered}:
            (steps.raw / file).unlink()
            del content[file]
        for file, rows in delivered.items():
            steps.deliver(file, rows)
            content[file] = rows
        if not content:
            continue
        steps.run(CUSTOMERS)
        tiled.update(dates)
        once = Ingestion(folder / f"once_{number}", name)
        once.deliver("all.parquet", [row for rows in content.values() for row in rows])
        once.run(CUSTOMERS)
        expected = TiledTable.of(once).compute_from_rows(dates)
        pd.testing.assert_frame_equal(tiled.compute(dates), expected, check_exact=True)


def _plan(tiled: TiledTable, events: ir.Table) -> TileChange:
    return update_tiles("usage")([MONDAY], tiled.table.load(), events, tiled.features)


def _expect_rows(tiled: TiledTable, dates: list[date]) -> None:
    pd.testing.assert_frame_equal(
        tiled.compute(dates), tiled.compute_from_rows(dates), check_exact=True
    )
