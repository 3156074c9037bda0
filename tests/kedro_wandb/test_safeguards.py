"""Waiting for tasks ends in time, even if a task hangs or fails."""

import threading
import time

from kedro_wandb.safeguards import Worker


def test_tasks_are_done_in_order() -> None:
    done: list[int] = []
    worker = Worker("test")
    for number in range(100):
        worker.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    assert worker.wait(5)
    assert done == list(range(100))


def test_waiting_ends_in_time_while_a_task_hangs() -> None:
    release = threading.Event()
    worker = Worker("test")
    worker.submit(lambda: release.wait(30) and None)
    began = time.monotonic()
    assert not worker.wait(0.2)
    assert time.monotonic() - began < 5
    release.set()
    assert worker.wait(5)


def test_after_an_error_no_task_is_done_and_waiting_ends() -> None:
    done: list[int] = []
    worker = Worker("test")
    worker.submit(lambda: 1 / 0 and None)
    worker.submit(lambda: done.append(1))
    assert worker.wait(5)
    assert isinstance(worker.error, ZeroDivisionError)
    assert done == []
