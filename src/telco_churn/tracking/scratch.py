"""Temporary files of a tracked run, in one folder that the next run removes if this one cannot.

While a run is tracked, `tempfile` puts whatever this process makes into that folder: W&B, MLflow
and the packaging of models make files, rows of tables among them, that a killed process leaves.
"""

import atexit
import os
import shutil
import stat
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "kedro-wandb-"
LOCK = "owner.lock"  # held for as long as the owner lives
TRIES = 3  # a run that sweeps at this moment may take a folder that is not locked yet


class Scratch:
    """The folder of one process: made for its first run, kept to its end.

    Not to the end of a run: W&B makes two folders when it is imported, for all runs of a process.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._lock: FileLock | None = None
        self._process = 0
        self._previous: str | None = None

    def enter(self) -> None:
        """Remove the folders of killed runs, then direct temporary files into an own one.

        Raises:
            OSError: When none can be made.
        """
        self.leave()
        place = Path(tempfile.gettempdir())
        sweep(place)
        if self._folder is None or not self._folder.is_dir():  # a cleaner of old files may take it
            self._folder, self._lock = _make_folder(place)
            self._process = os.getpid()
            atexit.register(self.remove)
        self._previous, tempfile.tempdir = tempfile.tempdir, str(self._folder)

    def leave(self) -> None:
        """Let temporary files lie where they lay before."""
        if self._folder and tempfile.tempdir == str(self._folder):
            tempfile.tempdir = self._previous

    def remove(self) -> None:
        """Remove the folder; nothing happens in a child, which has it from its parent."""
        self.leave()
        if self._folder and self._lock and self._process == os.getpid():
            self._lock.release()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def sweep(place: Path) -> None:
    """Remove this user's folders whose owners are dead."""
    for folder in place.glob(f"{PREFIX}*"):
        try:
            if is_private(folder):
                with FileLock(folder / LOCK, blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError, RuntimeError):  # its owner lives, this process for one
            continue


def is_private(folder: Path) -> bool:
    """Whether a path is a folder, not a link, that only this user may enter."""
    about = folder.lstat()
    if not hasattr(os, "getuid"):  # on Windows rights are none of these
        return stat.S_ISDIR(about.st_mode)
    is_own = about.st_uid == os.getuid()
    return stat.S_ISDIR(about.st_mode) and is_own and not stat.S_IMODE(about.st_mode) & 0o077


def _make_folder(place: Path) -> tuple[Path, FileLock]:
    for _ in range(TRIES):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        lock = FileLock(folder / LOCK, blocking=False)
        try:
            lock.acquire()
        except (Timeout, FileNotFoundError):
            continue
        return folder, lock
    raise OSError(f"other runs take each folder that is made in {place}")
