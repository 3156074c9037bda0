"""Errors that are the user's to mend, and the exit codes that tell a scheduler what to do next."""

from collections.abc import Iterator
from enum import IntEnum


class ExitCode(IntEnum):
    """How a run ended: https://man.openbsd.org/sysexits names 65 and 75, Airflow skips on 99."""

    DONE = 0
    FAILED = 1
    WRONG_CALL = 2
    REFUSED = 65
    NOT_READY = 75
    NOTHING_TO_DO = 99
    STOPPED = 130  # by Ctrl-C, as shells say it


class InputError(ValueError):
    """Something that was given is wrong; the message says what, what is allowed, and what to do.

    Trying again does not help: a person has to look.
    """

    exit_code = ExitCode.REFUSED


class RefusedError(InputError):
    """The data cannot be right."""


class WrongCallError(InputError):
    """The call names something that is not there."""

    exit_code = ExitCode.WRONG_CALL


class NotReadyError(InputError):
    """The time has not come yet: the same call may succeed later."""

    exit_code = ExitCode.NOT_READY


class NothingToDo(InputError):  # noqa: N818  (it is none)
    """What is asked for is there already."""

    exit_code = ExitCode.NOTHING_TO_DO


class OnlyListMissing(NothingToDo):
    """Of what is asked for only the end was not there, and was made."""

    exit_code = ExitCode.DONE


def walk_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it was raised from, or while handling: libraries wrap errors."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def take_first_line(error: object) -> str:
    """Return the first line of a message: databases and Rust go on with advice and backtraces."""
    return next(iter(str(error).splitlines()), "no message")
