"""The next run removes the files of a killed run, and no file of a live run."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kedro_wandb.safeguards import LOCK, PREFIX, Scratch, sweep
from tests.conftest import copy_project

RUN = ["-m", "kedro", "run", "--env", "test", "--pipelines"]
SECONDS = 120  # time limit for steps that take ten seconds
HOLD = """
import sys, time, filelock
lock = filelock.FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(99)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project, with an empty folder for temporary files."""
    path = tmp_path / "project"
    copy_project(path)
    (path / "tmp").mkdir()
    return path


def start(folder: Path, pipelines: str = "simulation,ingestion") -> "subprocess.Popen[str]":
    known = {name: value for name, value in os.environ.items() if "WANDB" not in name}
    return subprocess.Popen(
        [sys.executable, *RUN, pipelines],
        cwd=folder,
        env=known | {"TMPDIR": str(folder / "tmp"), "KEDRO_DISABLE_TELEMETRY": "true"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_tracked(folder: Path) -> "subprocess.Popen[str]":
    """Start a run with both trackers, and wait until a node is running."""
    process = start(folder)
    wait_until(lambda: any(folder.glob("wandb/offline-run-*/*.wandb")))
    wait_until(lambda: any(folder.glob("data/test/01_raw/*")))
    assert process.poll() is None
    return process


def wait_until(condition: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def finish(process: "subprocess.Popen[str]") -> None:
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, output


def read_statuses(folder: Path) -> list[str]:
    with sqlite3.connect(folder / "mlflow.db") as database:
        return [
            status for (status,) in database.execute("select status from runs order by start_time")
        ]


def list_temporary(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "tmp").iterdir())


@pytest.mark.slow
def test_the_next_run_clears_away_what_a_killed_one_left(folder: Path) -> None:
    killed = start_tracked(folder)
    killed.kill()
    killed.communicate()
    assert read_statuses(folder) == ["RUNNING"]
    (left,) = list_temporary(folder)
    assert left.startswith(PREFIX)
    finish(start(folder))
    assert read_statuses(folder) == ["KILLED", "FINISHED"]
    assert list_temporary(folder) == []
    assert list((folder / "data" / "test" / ".runs").iterdir()) == []


@pytest.mark.slow
def test_the_next_run_leaves_a_living_one_alone(folder: Path) -> None:
    stopped = start_tracked(folder)
    stopped.send_signal(signal.SIGSTOP)
    before = list_temporary(folder)
    finish(start(folder, "simulation"))  # one run at a time ingests
    assert read_statuses(folder) == ["RUNNING", "FINISHED"]
    assert list_temporary(folder) == before
    stopped.send_signal(signal.SIGCONT)
    finish(stopped)
    assert read_statuses(folder) == ["FINISHED", "FINISHED"]
    assert list_temporary(folder) == []


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    """A folder with a lock that another process holds."""
    folder = tmp_path / f"{PREFIX}held"
    folder.mkdir(mode=0o700)
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder / LOCK)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    owner.stdout.readline()
    yield folder
    owner.kill()
    owner.communicate()


def test_only_folders_of_this_user_without_an_owner_are_swept(held: Path, tmp_path: Path) -> None:
    names = ["killed", "killed-before-it-was-locked", "open-to-others"]
    for name in names:
        (tmp_path / f"{PREFIX}{name}").mkdir(mode=0o700)
    (tmp_path / f"{PREFIX}killed" / LOCK).touch()
    (tmp_path / f"{PREFIX}open-to-others").chmod(0o755)
    (tmp_path / "target").mkdir(mode=0o700)
    (tmp_path / f"{PREFIX}link").symlink_to(tmp_path / "target")
    sweep(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {held.name, "target", f"{PREFIX}link", f"{PREFIX}open-to-others"}


def test_two_folders_of_one_process_do_not_sweep_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    first, second = Scratch(), Scratch()
    for scratch in (first, second):
        scratch.enter()
        scratch.leave()
    assert len(list(tmp_path.iterdir())) == 2
    first.remove()
    second.remove()
    assert list(tmp_path.iterdir()) == []
