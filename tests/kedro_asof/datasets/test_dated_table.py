"""A commit replaces its whole date or nothing, and stores its lineage."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable
from kedro.io import DatasetError

from kedro_asof.datasets.dated_history import DatedHistory
from kedro_asof.datasets.staging import LOCK
from kedro_asof.errors import (
    BrokenContractError,
    BrokenLogError,
    DateTakenError,
    InvalidDataError,
    NothingToDo,
    WrongCallError,
)
from tests.kedro_asof.datasets.small_scores import ROW, commit, customers, table

HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_rerun_replaces_its_date_and_no_other(tmp_path: Path) -> None:
    other = ROW | {"as_of": date(2026, 1, 8)}
    table(tmp_path).save(commit(ROW, ROW | {"customer_id": "b"}))
    table(tmp_path, "2026-01-08").save(commit(other))
    table(tmp_path).save(commit(ROW | {"customer_id": "c"}, replaces=0))
    assert customers(tmp_path) == [("2026-01-01", "c"), ("2026-01-08", "a")]
    assert DeltaTable(tmp_path).version() == 2
    assert list(tmp_path.glob("_aside_*")) == []


def test_a_run_that_was_overtaken_on_its_date_says_so_and_changes_nothing(tmp_path: Path) -> None:
    table(tmp_path).save(commit(ROW))
    for replaces in (None, 7):
        with pytest.raises(DatasetError, match="Another run committed as_of=2026-01-01") as error:
            table(tmp_path).save(commit(ROW | {"customer_id": "late"}, replaces=replaces))
        assert isinstance(error.value.__cause__, DateTakenError)
    assert customers(tmp_path) == [("2026-01-01", "a")]


def test_scores_of_another_date_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="expected only as_of=2026-01-08"):
        table(tmp_path, "2026-01-08").save(commit(ROW))
    assert not DeltaTable.is_deltatable(str(tmp_path))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("churn_probability", 1.5),
        ("churn_probability", float("nan")),
        ("risk_band", "extreme"),
        ("model_version", 0),
        ("customer_id", None),
        ("customer_id", "a"),  # a duplicate key
        ("reason_1_contribution", -1.0),
    ],
)
def test_a_row_that_breaks_the_contract_stops_the_commit(
    column: str, value: object, tmp_path: Path
) -> None:
    bad = ROW | {"customer_id": "b", column: value}
    with pytest.raises(DatasetError, match=column) as error:
        table(tmp_path).save(commit(ROW, bad))
    assert isinstance(error.value.__cause__, BrokenContractError)
    assert not DeltaTable.is_deltatable(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_aside_is_swept_by_the_next(tmp_path: Path) -> None:
    left, at_work = tmp_path / "_aside_1", tmp_path / "_aside_2"
    for folder in (left, at_work):
        folder.mkdir()
        (folder / LOCK).touch()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(at_work / LOCK)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    table(tmp_path).save(commit(ROW))
    assert (left.exists(), at_work.exists()) == (False, True)
    holder.kill()
    holder.communicate()
    table(tmp_path).save(commit(ROW | {"customer_id": "b"}, replaces=0))
    assert not at_work.exists()


def test_a_date_is_claimed_by_one_run_and_another_date_by_another(tmp_path: Path) -> None:
    with table(tmp_path / "t").lock():
        with (
            pytest.raises(DateTakenError, match="Another run is working on as_of=2026-01-01"),
            table(tmp_path / "t").lock(),
        ):
            pass
        with table(tmp_path / "t", "2026-01-08").lock():
            pass
    with table(tmp_path / "t").lock():
        pass


def test_a_commit_says_what_it_is(tmp_path: Path) -> None:
    table(tmp_path).save(commit(ROW))
    lineage = ["model", "model_version", "histogram"]
    (found,) = DatedHistory(filepath=str(tmp_path), lineage=lineage).load().to_dict("records")
    assert (found["as_of"], found["table_version"]) == ("2026-01-01", 0)
    assert [found[name] for name in lineage] == ["churn", "1", "[1, 1]"]
    assert float(found["seconds"]) > 0


def test_a_date_can_be_brought_back_and_brought_back_again(tmp_path: Path) -> None:
    history = DatedHistory(filepath=str(tmp_path))
    table(tmp_path).save(commit(ROW))
    table(tmp_path).save(commit(ROW | {"customer_id": "b"}, replaces=0))
    table(tmp_path, "2026-01-08").save(commit(ROW | {"as_of": date(2026, 1, 8)}))
    assert history.restore("2026-01-01", 0) == 3
    assert customers(tmp_path) == [("2026-01-01", "a"), ("2026-01-08", "a")]
    assert history.restore("2026-01-01", 1) == 4
    assert customers(tmp_path) == [("2026-01-01", "b"), ("2026-01-08", "a")]
    assert history.load()["restored_from"].tolist()[-2:] == ["0", "1"]
    with pytest.raises(NothingToDo, match="already has the rows of version 1"):
        history.restore("2026-01-01", 1)
    assert DeltaTable(tmp_path).version() == 4


def test_a_version_that_cannot_be_brought_back_is_named(tmp_path: Path) -> None:
    history = DatedHistory(filepath=str(tmp_path))
    with pytest.raises(DatasetError, match="Table not found"):
        history.restore("2026-01-01", 0)
    table(tmp_path).save(commit(ROW))
    table(tmp_path).save(commit(ROW, replaces=0))
    with pytest.raises(WrongCallError, match=r"version 9 .* expected one of \[0, 1\]"):
        history.restore("2026-01-01", 9)
    for file in DeltaTable(tmp_path, version=0).file_uris():
        Path(file.removeprefix("file://")).unlink()
    with pytest.raises(
        InvalidDataError, match=r"were removed .* Run the pipeline for this date again"
    ):
        history.restore("2026-01-01", 0)
    assert DeltaTable(tmp_path).version() == 1


def test_scores_that_are_not_there_say_how_to_make_them(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="Run the pipeline that writes it"):
        table(tmp_path / "none").load()
    assert DatedHistory(filepath=str(tmp_path / "none")).load().empty


def _cut_at_a_line(content: bytes) -> bytes:
    return content[: content.index(b"\n") + 1]


BROKEN = {
    "is empty": lambda _: b"",
    "is cut off or not JSON": lambda content: content[: len(content) // 2],
    "is cut off: it adds no file": _cut_at_a_line,
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_commit_that_is_not_whole_is_named_and_the_dates_before_can_be_had_again(
    fault: str, tmp_path: Path
) -> None:
    table(tmp_path).save(commit(ROW))
    table(tmp_path, "2026-01-08").save(commit(ROW | {"as_of": date(2026, 1, 8)}))
    last = tmp_path / "_delta_log" / "00000000000000000001.json"
    last.write_bytes(BROKEN[fault](last.read_bytes()))
    history = DatedHistory(filepath=str(tmp_path))
    loads: list[Callable[[], object]] = [
        table(tmp_path).load,
        history.load,
        lambda: history.restore("2026-01-01", 0),
        lambda: table(tmp_path, "2026-01-15").save(commit(ROW | {"as_of": date(2026, 1, 15)})),
    ]
    for load in loads:
        with pytest.raises((DatasetError, BrokenLogError), match=f"{last} {fault}") as raised:
            load()
        assert "back at version 0" in str(raised.value)
        assert "unknown" not in str(raised.value)
    last.rename(tmp_path / "aside.json")
    assert history.load()["as_of"].tolist() == ["2026-01-01"]
