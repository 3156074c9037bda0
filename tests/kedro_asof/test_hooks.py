"""A run holds its locks and its process from its start to the end of its last hook."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.pipeline import Node, Pipeline

from kedro_asof.errors import NotReadyError
from kedro_asof.hooks import RunLockHook
from kedro_asof.locks import hold_lock
from kedro_asof.tags import DATED


class Table:
    def __init__(self, file: Path) -> None:
        self.file = file

    def lock(self) -> Any:
        return hold_lock(self.file, NotReadyError("the table is taken"))


class Tracker:
    """A hook of another plugin, which starts another run at the end of a run."""

    def __init__(self, run: "Run") -> None:
        self.run = run
        self.is_broken = False
        self.answer: BaseException | None = None

    @hook_impl
    def before_pipeline_run(self) -> None:
        if self.is_broken:
            raise RuntimeError("of the tracker")

    @hook_impl
    def after_pipeline_run(self) -> None:
        self.answer = self.run.begin_in_another_thread()


class Run:
    """The hooks that Kedro calls around a run."""

    def __init__(self, file: Path) -> None:
        self.hooks, self.tracker = _create_hook_manager(), Tracker(self)
        self.hooks.register(RunLockHook({DATED: "table"}))
        self.hooks.register(self.tracker)
        node = Node(lambda: None, None, "rows", name="make", tags=DATED)
        self.about = {
            "run_params": {},
            "pipeline": Pipeline([node]),
            "catalog": {"table": Table(file)},
        }

    def begin(self) -> None:
        self.hooks.hook.after_context_created(context=None)
        self.hooks.hook.before_pipeline_run(**self.about)

    def begin_in_another_thread(self) -> BaseException | None:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(self.begin).exception()

    def end(self) -> None:
        self.hooks.hook.after_pipeline_run(**self.about, run_result={})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run(tmp_path / "locks" / "table")


def test_a_place_is_locked_while_a_run_is_at_work(run: Run, tmp_path: Path) -> None:
    other = Run(tmp_path / "locks" / "table")
    run.begin()
    with pytest.raises(NotReadyError, match="the table is taken"):
        other.begin()
    run.end()
    other.begin()


def test_another_thread_waits_until_the_last_hook_is_done(run: Run) -> None:
    run.begin()
    assert isinstance(run.begin_in_another_thread(), NotReadyError)
    run.end()
    assert isinstance(run.tracker.answer, NotReadyError)
    assert run.begin_in_another_thread() is None


def test_a_run_that_another_hook_ends_before_it_begins_lets_go(run: Run) -> None:
    run.tracker.is_broken = True
    with pytest.raises(RuntimeError, match="of the tracker"):
        run.begin()
    run.tracker.is_broken = False
    assert run.begin_in_another_thread() is None


def test_a_run_that_fails_lets_go(run: Run) -> None:
    run.begin()
    run.hooks.hook.on_pipeline_error(**run.about, error=ValueError())
    assert run.begin_in_another_thread() is None
