"""Locks that let one run at a time use a resource."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, cast

from filelock import FileLock, Timeout
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from kedro_asof.errors import NotReadyError

LOCKS = ".claims"  # the folder of lock files, next to the locked table


class Lockable(Protocol):
    """A dataset with a lock that one run at a time may hold."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold the lock; raise `NotReadyError` when another run holds it."""
        ...


def find_locks(
    pipeline: Pipeline, catalog: DataCatalog, datasets: Mapping[str, str]
) -> Iterator[AbstractContextManager[None]]:
    """Yield the locks that a pipeline needs.

    Args:
        pipeline: The nodes of a run.
        catalog: The catalog of the run.
        datasets: By node tag, the `Lockable` dataset whose lock a run with such nodes holds.
    """
    for tag, dataset in datasets.items():
        if pipeline.only_nodes_with_tags(tag).nodes:
            yield cast(Lockable, catalog[dataset]).lock()


@contextmanager
def hold_lock(file: Path, error: NotReadyError) -> Iterator[None]:
    """Hold the lock on a file. The operating system releases it when the process ends.

    Args:
        file: The lock file; it remains as an empty file.
        error: Raised when another run holds the lock.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise error from None
    try:
        yield
    finally:
        lock.release()


class ProcessLock:
    """Allows one run at a time in a process, which has one set of pipelines, hooks and trackers.

    Kedro's server runs requests at the same time, in threads.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._preparing = threading.RLock()
        self._prepared: int | None = None  # the thread that last prepared a run
        self._at_work: int | None = None  # the thread of the run that holds the process

    @contextmanager
    def prepare(self) -> Iterator[None]:
        """Record that this thread prepares a run; other threads wait.

        The process then has the pipelines of the thread that prepared last.
        """
        with self._preparing:
            self._prepared = threading.get_ident()
            yield

    def acquire(self) -> None:
        """Hold the process; the same thread may hold it again after a run that did not release it.

        Raises:
            NotReadyError: When another thread is running, or has prepared a run since.
        """
        own = threading.get_ident()
        with self._guard:
            alive = {None, *(thread.ident for thread in threading.enumerate())}
            busy = {self._at_work} & alive | {self._prepared}
            if not busy <= {None, own}:
                raise NotReadyError(
                    "Another run is working in this process. This run changed nothing. Try again "
                    "when the other run has ended."
                )
            self._at_work = own

    def release(self) -> None:
        """Let other threads run."""
        self._at_work = None
