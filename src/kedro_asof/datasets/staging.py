"""Where a writer puts what is not whole yet: its own, and swept when it was killed."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "writer.lock"  # held for as long as the writer lives, on whichever machine


@contextmanager
def create_staging(folder: Path, prefix: str) -> Iterator[Path]:
    """Make a folder for one writer, for as long as it writes.

    What earlier writers left is removed first, if they are no more.

    Args:
        folder: Of the file system that the table is on.
        prefix: How the names of such folders begin; nothing else there may begin so.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder, prefix)
    aside = folder / f"{prefix}{uuid.uuid4().hex}"
    aside.mkdir()
    try:
        with FileLock(aside / LOCK):
            yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(folder: Path, prefix: str) -> None:
    for lock in folder.glob(f"{prefix}*/{LOCK}"):
        try:
            with FileLock(lock, blocking=False):
                shutil.rmtree(lock.parent, ignore_errors=True)
        except (Timeout, OSError):  # its writer is at work, or another run sweeps
            continue
