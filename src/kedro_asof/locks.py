"""Locks that keep one resource to one run at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kedro_asof.errors import NotReadyError

LOCKS = ".claims"  # the folder of lock files, beside what they lock


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
