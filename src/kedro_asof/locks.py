"""Locks that keep one resource to one run at a time."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol, cast

from filelock import FileLock, Timeout
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from kedro_asof.errors import NotReadyError

LOCKS = ".claims"  # the folder of lock files, beside what they lock


class Lockable(Protocol):
    """A dataset with a place that one run at a time may write."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold the place of this run; raise `NotReadyError` when another run holds it."""
        ...


def find_locks(
    pipeline: Pipeline, catalog: DataCatalog, datasets: Mapping[str, str]
) -> Iterator[AbstractContextManager[None]]:
    """Yield the locks that a pipeline needs.

    Args:
        pipeline: The nodes of a run.
        catalog: The catalog of the run.
        datasets: By tag of a node, the `Lockable` dataset that such nodes need.
    """
    for tag, dataset in datasets.items():
        if pipeline.only_nodes_with_tags(tag).nodes:
            yield cast(Lockable, catalog[dataset]).lock()


@contextmanager
def hold_lock(file: Path, error: NotReadyError) -> Iterator[None]:
    """Hold the lock on a file; the end of the process releases it, however it ends.

    Args:
        file: The lock file; it stays, empty.
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
    """Keeps a process to one run: pipelines, hooks and trackers exist once in it.

    Kedro's server runs requests in threads, at once.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._preparing = threading.RLock()
        self._prepared: int | None = None  # the thread that last prepared a run
        self._at_work: int | None = None  # the thread of the run that holds the process

    @contextmanager
    def prepare(self) -> Iterator[None]:
        """Note that this thread sets up a run, one thread at a time.

        The thread that prepared last is then the one whose pipelines the process has.
        """
        with self._preparing:
            self._prepared = threading.get_ident()
            yield

    def acquire(self) -> None:
        """Hold the process; again in the same thread after a run that never released it.

        Raises:
            NotReadyError: When another thread runs, or has prepared a run since.
        """
        own = threading.get_ident()
        with self._guard:
            alive = {None, *(thread.ident for thread in threading.enumerate())}
            busy = {self._at_work} & alive | {self._prepared}
            if not busy <= {None, own}:
                raise NotReadyError(
                    "Another run is at work in this process. This one changed nothing. Try again "
                    "when that has ended."
                )
            self._at_work = own

    def release(self) -> None:
        """Let other threads run."""
        self._at_work = None
