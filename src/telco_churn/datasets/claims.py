"""Keeps what has one place to one run at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from telco_churn.errors import NotReadyError

CLAIMS = ".claims"  # the folder of locks, beside what they keep


@contextmanager
def claim(place: Path, taken: NotReadyError) -> Iterator[None]:
    """Hold the lock on a file for as long as the process lives at most, however that ends.

    Args:
        place: The file; it stays, empty.
        taken: What to raise when another run holds the lock.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place, blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise taken from None
    try:
        yield
    finally:
        lock.release()
