"""Keeps tracking from hurting the run that it tracks.

In: calls that may fail, hang, be interrupted or be killed. Out: one warning in place of an error
(`never_fail`), a bound on waiting (`Worker`), a closed run after SIGTERM (`Termination`), and
temporary files that the next run removes if this one is killed (`Scratch`).
"""

import atexit
import functools
import logging
import os
import queue
import shutil
import signal
import stat
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from filelock import FileLock, Timeout

logger = logging.getLogger(__name__)

PENDING = 10_000  # tasks; a thread that hangs is not worth more memory
CLOSING_SECONDS = 10.0  # schedulers send SIGKILL 30 to 90 seconds after SIGTERM
PREFIX = "kedro-wandb-"
LOCK = "owner.lock"  # held for as long as the owner lives
TRIES = 3  # a run that sweeps at this moment may take a folder that is not locked yet


def never_fail(method: Callable[..., None]) -> Callable[..., None]:
    """Log an error of a method as a warning, once per reason and process, and go on."""
    logged: set[str] = set()

    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:  # tracking is never worth a run, whatever the reason
            reason = f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0]
            if reason not in logged:
                logger.warning("W&B does not track all of this run: %s", reason)
            logged.add(reason)

    return guarded


class Worker:
    """One thread that does tasks in order; after an error it does no more of them.

    Attributes:
        error: Why it stopped; None while it goes on.
    """

    def __init__(self, name: str) -> None:
        self.error: Exception | None = None
        self._tasks: queue.Queue[Callable[[], None] | threading.Event] = queue.Queue(PENDING)
        # A daemon: a thread that hangs must not keep the process from ending.
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def submit(self, task: Callable[[], None]) -> None:
        """Put a task in line; it is dropped after an error, or when the line is full."""
        if self.error is None and not self._tasks.full():
            self._tasks.put(task)

    def wait(self, seconds: float) -> bool:
        """Wait for the tasks so far.

        Returns:
            Whether they are done, or will never be because one has failed.
        """
        until, reached = time.monotonic() + seconds, threading.Event()
        try:
            self._tasks.put(reached, timeout=seconds)
        except queue.Full:
            return False
        return reached.wait(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            if isinstance(task, threading.Event):
                task.set()
            elif self.error is None:
                try:
                    task()
                except Exception as error:  # whatever W&B raises, the run goes on
                    self.error = error


class Termination:
    """Acts on SIGTERM while it watches, then lets the process end as it would have without."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._previous: Any = None
        self._process = 0

    def watch(self) -> None:
        """Take the signal; only the main thread of Python can."""
        if threading.current_thread() is threading.main_thread():
            self._process = os.getpid()
            self._previous = signal.signal(signal.SIGTERM, self._end)

    def forget(self) -> None:
        """Give the signal back to its previous handler."""
        is_main = threading.current_thread() is threading.main_thread()
        # Bound methods are equal, not identical; a node may have put a handler of its own.
        if is_main and signal.getsignal(signal.SIGTERM) == self._end:
            signal.signal(signal.SIGTERM, self._previous or signal.SIG_DFL)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._process == os.getpid():  # else a child of ParallelRunner
            # In a thread: the interrupted code may hold a lock for which the handler would wait.
            closing = threading.Thread(target=self._act, daemon=True)
            closing.start()
            closing.join(CLOSING_SECONDS)
        previous = self._previous
        self.forget()
        if callable(previous):
            previous(number, frame)
        elif previous is not signal.SIG_IGN:
            os.kill(os.getpid(), number)


class Scratch:
    """The folder of a process for temporary files, from its first tracked run to its exit.

    While a run is tracked, all files of `tempfile` lie there: W&B, MLflow and the packaging of
    models make some, rows of tables among them, that a killed process leaves. The folder outlives
    a run because W&B makes two folders at its import, for all runs of a process.
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
        parent = Path(tempfile.gettempdir())
        sweep(parent)
        if self._folder is None or not self._folder.is_dir():  # a cleaner of old files may take it
            self._folder, self._lock = _make_locked_folder(parent)
            self._process = os.getpid()
            atexit.register(self.remove)
        self._previous, tempfile.tempdir = tempfile.tempdir, str(self._folder)

    def leave(self) -> None:
        """Direct temporary files to their previous folder."""
        if self._folder and tempfile.tempdir == str(self._folder):
            tempfile.tempdir = self._previous

    def remove(self) -> None:
        """Remove the folder, in the process that made it: a child inherits this object."""
        self.leave()
        if self._folder and self._lock and self._process == os.getpid():
            self._lock.release()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def sweep(parent: Path) -> None:
    """Remove this user's folders whose owners are dead."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            if is_private(folder):
                with FileLock(folder / LOCK, blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError, RuntimeError):  # its owner lives; it may be this process
            continue


def is_private(folder: Path) -> bool:
    """Whether a path is a folder, not a link, that only this user may enter."""
    about = folder.lstat()
    if not hasattr(os, "getuid"):  # Windows has no such rights
        return stat.S_ISDIR(about.st_mode)
    is_own = about.st_uid == os.getuid()
    return stat.S_ISDIR(about.st_mode) and is_own and not stat.S_IMODE(about.st_mode) & 0o077


def _make_locked_folder(parent: Path) -> tuple[Path, FileLock]:
    for _ in range(TRIES):
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = FileLock(folder / LOCK, blocking=False)
        try:
            lock.acquire()
        except (Timeout, FileNotFoundError):
            continue
        return folder, lock
    raise OSError(f"other runs remove each new folder in {parent}")
