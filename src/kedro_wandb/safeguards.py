"""Protection of a Kedro run from errors, hangs and signals during tracking.

In: calls that may fail, hang, be interrupted or be killed. Out: one warning instead of an error
(`never_fail`), a limit on waiting (`Worker`), a closed run after SIGTERM (`Termination`), and
temporary files that the next run removes if this run is killed (`Scratch`).
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

PENDING = 10_000  # tasks; limits the memory that a hanging thread can take
CLOSING_SECONDS = 10.0  # schedulers send SIGKILL 30 to 90 seconds after SIGTERM
PREFIX = "kedro-wandb-"
LOCK = "owner.lock"  # the owner holds this lock until it ends
TRIES = 3  # another run that sweeps may remove a new folder before it is locked


def never_fail(method: Callable[..., None]) -> Callable[..., None]:
    """Wrap a method: log each error as a warning, once per reason and process, and return."""
    logged: set[str] = set()

    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:  # no error of tracking may fail the run
            reason = f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0]
            if reason not in logged:
                logger.warning("W&B tracking of this run is incomplete: %s", reason)
            logged.add(reason)

    return guarded


class Worker:
    """A thread that runs tasks in order, until one of them fails.

    Attributes:
        error: Error of the failed task; None if no task has failed.
    """

    def __init__(self, name: str) -> None:
        self.error: Exception | None = None
        self._tasks: queue.Queue[Callable[[], None] | threading.Event] = queue.Queue(PENDING)
        # A daemon thread: the process can end while the thread hangs.
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def submit(self, task: Callable[[], None]) -> None:
        """Add a task to the queue; drop it after an error, or if the queue is full."""
        if self.error is None and not self._tasks.full():
            self._tasks.put(task)

    def wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for the tasks submitted so far.

        Returns:
            True if all tasks are done or one has failed; False if the time is up.
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
                except Exception as error:  # no error of W&B may fail the run
                    self.error = error


class Termination:
    """A handler of SIGTERM that calls `act`, then passes the signal to the previous handler."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._previous: Any = None
        self._process = 0

    def watch(self) -> None:
        """Install the handler; Python allows this only in the main thread."""
        if threading.current_thread() is threading.main_thread():
            self._process = os.getpid()
            self._previous = signal.signal(signal.SIGTERM, self._end)

    def forget(self) -> None:
        """Restore the previous handler, unless a node has installed another one."""
        is_main = threading.current_thread() is threading.main_thread()
        # Compare with ==: each access to a method creates a new object.
        if is_main and signal.getsignal(signal.SIGTERM) == self._end:
            signal.signal(signal.SIGTERM, self._previous or signal.SIG_DFL)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._process == os.getpid():  # not in a child process of ParallelRunner
            # A thread, because the interrupted code may hold a lock that `act` needs.
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

    While a run is tracked, `tempfile` creates all files in this folder: a killed process would
    leave behind those of W&B, MLflow and model packaging, some with rows of tables. The folder
    outlives a run, because W&B creates two folders at import that all runs of a process use.
    """

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._lock: FileLock | None = None
        self._process = 0
        self._previous: str | None = None

    def enter(self) -> None:
        """Remove the folders of killed runs, then redirect temporary files to this folder.

        Raises:
            OSError: If the folder cannot be created.
        """
        self.leave()
        parent = Path(tempfile.gettempdir())
        sweep(parent)
        if self._folder is None or not self._folder.is_dir():  # e.g. removed by systemd-tmpfiles
            self._folder, self._lock = _make_locked_folder(parent)
            self._process = os.getpid()
            atexit.register(self.remove)
        self._previous, tempfile.tempdir = tempfile.tempdir, str(self._folder)

    def leave(self) -> None:
        """Redirect temporary files to the previous folder."""
        if self._folder and tempfile.tempdir == str(self._folder):
            tempfile.tempdir = self._previous

    def remove(self) -> None:
        """Remove the folder if this process created it; child processes inherit this object."""
        self.leave()
        if self._folder and self._lock and self._process == os.getpid():
            self._lock.release()
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def sweep(parent: Path) -> None:
    """Remove this user's folders in `parent` whose owning process has ended."""
    for folder in parent.glob(f"{PREFIX}*"):
        try:
            if is_private(folder):
                with FileLock(folder / LOCK, blocking=False):
                    shutil.rmtree(folder, ignore_errors=True)
        except (Timeout, OSError, RuntimeError):  # the owner is alive, or is this process
            continue


def is_private(folder: Path) -> bool:
    """Return whether a path is a folder, not a link, that only this user can access."""
    about = folder.lstat()
    if not hasattr(os, "getuid"):  # Windows has no POSIX permissions
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
    raise OSError(f"Cannot create a folder in {parent}: other runs removed {TRIES} new folders.")
