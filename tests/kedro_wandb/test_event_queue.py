"""The queue returns events unchanged, and reading a planted file executes no code."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from kedro_wandb.event_queue import (
    VARIABLE,
    Chart,
    Event,
    EventQueue,
    Metrics,
    Picture,
    Problem,
    Reference,
    Step,
    Table,
)
from tests.kedro_wandb.tiny_project import TinyProject

TABLE = Table("t", ["a", "b"], [[1, None], [2.5, "é"], [True, {"c": [1]}]])
EVENTS: list[Event] = [
    Metrics({"mean": 0.1 + 0.2, "rows": 7, "is_good": True, "huge": float("inf")}),
    TABLE,
    Chart(TABLE, "line", "a", None, "A title"),
    Picture("p", bytes(range(256)), ".png", caption=None),
    Reference("r", "kedro://r", "d", True, {"rows": 3}, aliases=("best",), file="r.html"),
    Step("node", "save", 0.25, "t", rows=3),
    Problem("t", "TypeError: no table"),
]


class Trap:
    """An object that creates a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return os.mkdir, (str(self.folder),)


def plant(folder: Path, mode: int, trap: Path) -> None:
    """Fill a folder with pickles, under all names that a queue reads."""
    folder.mkdir()
    for name in ("plan", "plan.json", "planted.event"):
        (folder / name).write_bytes(pickle.dumps(Trap(trap)))
    folder.chmod(mode)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files, and no queue in the environment."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "")
    return tmp_path


def test_events_come_out_as_they_went_in(temporary: Path) -> None:
    owner = EventQueue.create("a plan")
    child = EventQueue.find()
    assert child is not None
    assert child.read_plan() == "a plan"
    for event in EVENTS:
        child.put(event)
    drained = list(owner.drain())
    assert drained == EVENTS
    assert [type(value) for value in drained[0].values.values()] == [float, int, bool, float]  # type: ignore[union-attr]
    assert list(temporary.iterdir()) == []
    assert EventQueue.find() is None


def test_a_planted_pickle_is_not_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path / "planted", 0o700, tmp_path / "sprung")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "planted"))
    queue = EventQueue.find()
    assert queue is not None
    with pytest.raises(ValueError, match="utf-8"):
        queue.read_plan()
    with pytest.raises(ValueError, match="utf-8"):
        list(queue.drain())
    assert not (tmp_path / "sprung").exists()
    pickle.loads((tmp_path / "planted" / "plan").read_bytes())
    assert (tmp_path / "sprung").exists()  # the trap works


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["offline", "disabled"])
@pytest.mark.parametrize("rights", [0o700, 0o755])
def test_a_run_executes_no_planted_pickle_and_ends_well(
    rights: int, mode: str, tmp_path: Path
) -> None:
    """A tracked run creates its queue; a process without one looks up the variable."""
    plant(tmp_path / "planted", rights, tmp_path / "sprung")
    project = TinyProject.write(tmp_path / "project", mode=mode)
    run = project.run(**{VARIABLE: str(tmp_path / "planted")})
    assert run.exit_code == 0, run.output
    assert not (tmp_path / "sprung").exists()
    is_read = mode == "disabled"
    assert ("W&B tracking of this run is incomplete" in run.output) == (is_read and rights == 0o700)
    assert (f"Ignored {VARIABLE}=" in run.output) == (is_read and rights == 0o755)


@pytest.mark.parametrize("rights", [0o700, 0o770, 0o701])
def test_only_a_private_folder_is_a_queue(
    rights: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue").chmod(rights)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "queue"))
    assert (EventQueue.find() is not None) == (rights == 0o700)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_no_queue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue").mkdir(mode=0o700)
    os.chown(tmp_path / "queue", 12345, 12345)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "queue"))
    assert EventQueue.find() is None
