"""Keeps what goes wrong in tracking out of the run."""

import functools
import logging
from collections.abc import Callable
from typing import Any

logger = logging.getLogger(__name__)


def never_fail(method: Callable[..., None]) -> Callable[..., None]:
    """Say once in a process what goes wrong in a hook's method, and go on."""
    told: set[str] = set()

    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> None:
        try:
            method(*args, **kwargs)
        except Exception as error:  # tracking is never worth a run, whatever the reason
            reason = f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0]
            if reason not in told:
                logger.warning("W&B does not track all of this run: %s", reason)
            told.add(reason)

    return guarded
