"""Does what may hang in a thread of its own, so that a run never waits longer than it was told."""

import queue
import threading
import time
from collections.abc import Callable

Task = Callable[[], None]
PENDING = 10_000  # tasks; a thread that hangs is not worth more memory


class Worker:
    """One thread that does tasks in order; the first to fail is the last to be done.

    Attributes:
        error: Why it stopped; None while it goes on.
    """

    def __init__(self, name: str) -> None:
        self.error: Exception | None = None
        self._tasks: queue.Queue[Task | threading.Event] = queue.Queue(PENDING)
        # A daemon: a thread that hangs must not keep the process from ending.
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def submit(self, task: Task) -> None:
        """Put a task in line; it is left out where none is done any more."""
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
