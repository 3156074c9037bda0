"""A run takes the locks of its node tags, and holds its process against other threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline

from kedro_asof.errors import NotReadyError
from kedro_asof.locks import ProcessLock, find_locks
from kedro_asof.tags import DATED, EXCLUSIVE


class Place:
    def __init__(self) -> None:
        self.lock_of_it = nullcontext()

    def lock(self) -> AbstractContextManager[None]:
        return self.lock_of_it


def make() -> None:
    """Do nothing; the tests never run this node."""


def pipeline(*tags: str) -> Pipeline:
    return Pipeline([Node(make, None, f"output_{tag}", name=tag, tags=tag) for tag in tags])


def test_a_run_takes_the_locks_that_its_nodes_need() -> None:
    table, model = Place(), Place()
    catalog = cast(DataCatalog, {"table": table, "model": model})
    datasets = {DATED: "table", EXCLUSIVE: "model"}

    def locks_of(*tags: str) -> list[Any]:
        return list(find_locks(pipeline(*tags), catalog, datasets))

    assert locks_of() == []
    assert locks_of("scoring") == []
    assert locks_of("scoring", DATED) == [table.lock_of_it]
    assert locks_of(DATED, EXCLUSIVE) == [table.lock_of_it, model.lock_of_it]


def prepare(process: ProcessLock) -> None:
    with process.prepare():
        pass


def test_one_thread_at_a_time_prepares_a_run() -> None:
    """Otherwise a run could get the pipelines of another request that prepares in between."""
    process = ProcessLock()
    with ThreadPoolExecutor(1) as pool:
        with process.prepare():
            other = pool.submit(prepare, process)
            with pytest.raises(TimeoutError):
                other.result(0.2)
        other.result(10)


def in_a_thread(*steps: Callable[[], None]) -> None:
    """Call the steps in one new thread, which ends afterwards."""
    with ThreadPoolExecutor(1) as pool:
        for step in steps:
            pool.submit(step).result()


def test_a_thread_that_comes_second_is_refused_until_the_first_lets_go() -> None:
    process = ProcessLock()
    prepare(process)
    process.acquire()
    with pytest.raises(NotReadyError, match="Another run is working in this process"):
        in_a_thread(lambda: prepare(process), process.acquire)
    process.release()
    in_a_thread(lambda: prepare(process), process.acquire, process.release)


def test_of_two_that_prepare_at_once_the_last_may_run() -> None:
    """The process has the pipelines of the thread that prepared last."""
    process = ProcessLock()
    prepare(process)
    in_a_thread(lambda: prepare(process))
    with pytest.raises(NotReadyError):
        process.acquire()


def test_a_thread_whose_run_was_interrupted_may_run_again() -> None:
    process = ProcessLock()
    for _ in range(2):
        prepare(process)
        process.acquire()
    with pytest.raises(NotReadyError):
        in_a_thread(lambda: prepare(process), process.acquire)
