"""Staging folders for files that are not complete; folders of killed writers are removed."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "writer.lock"  # the writer holds it as long as it runs, also against other machines


@contextmanager
def create_staging(folder: Path, prefix: str) -> Iterator[Path]:
    """Create a folder for one writer and remove it when the writer is done.

    Folders that killed writers left are removed first.

    Args:
        folder: A folder on the file system of the table.
        prefix: The first characters of the names of staging folders; no other name may have them.
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
        except (Timeout, OSError):  # its writer is running, or another run removes it
            continue
