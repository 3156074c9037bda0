"""Closes what is open when a process is told to end, then lets it end."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

SECONDS = 10.0  # whoever sends SIGTERM sends SIGKILL after 30 or 90


class Termination:
    """Acts on SIGTERM while it watches, then does what would have been done without it."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self._previous: Any = None
        self._process = 0

    def watch(self) -> None:
        """Begin; nothing happens in a thread, in which Python takes no signals."""
        if threading.current_thread() is threading.main_thread():
            self._process = os.getpid()
            self._previous = signal.signal(signal.SIGTERM, self._end)

    def forget(self) -> None:
        """Leave the signal to whom it was."""
        is_main = threading.current_thread() is threading.main_thread()
        # Bound methods are equal, not identical; a node may have put a handler of its own.
        if is_main and signal.getsignal(signal.SIGTERM) == self._end:
            signal.signal(signal.SIGTERM, self._previous or signal.SIG_DFL)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if self._process == os.getpid():  # else a child of ParallelRunner
            # In a thread: what was interrupted may hold a lock for which the handler would wait.
            closing = threading.Thread(target=self._act, daemon=True)
            closing.start()
            closing.join(SECONDS)
        previous = self._previous
        self.forget()
        if callable(previous):
            previous(number, frame)
        elif previous is not signal.SIG_IGN:
            os.kill(os.getpid(), number)
