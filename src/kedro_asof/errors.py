"""Errors that a user can fix, and the exit codes that tell a scheduler what to do next.

The hierarchy, with exit codes; any other error ends a run with 1:

    InputError (65)
    ├── InvalidDataError (65)
    │   ├── BrokenContractError (65)
    │   └── BrokenLogError (65)
    ├── NotReadyError (75)
    │   ├── DateTakenError (75)
    │   └── SourcesNotReadyError (75)
    ├── NothingToDo (99)
    │   └── OnlyListMissing (0)
    ├── UnknownSourceColumnError (65)
    └── WrongCallError (2)
        └── UnknownMeasureError (2)
"""

from collections.abc import Iterator
from enum import IntEnum

MARK = "¦"  # around a message of ours that an engine raises


class ExitCode(IntEnum):
    """How a run ended, and what a scheduler does next.

    - **0**, done. There is nothing to do.
    - **99**, nothing to do. The result of the same inputs already exists.
    - **75**, not ready. A source is late, or another run works on the same date or model. Retry
      later.
    - **65**, invalid input. Data, a file or a model is missing or cannot be used. A retry does not
      help: a person reads the message and corrects what it names.
    - **2**, wrong call or configuration. An option, parameter, pipeline, environment, dataset or a
      file in conf/ is wrong, or a value is not allowed. Correct it.
    - **130**, stopped by Ctrl-C. Nothing is half-written; what the run committed stays.
    - **1**, failed for any other reason: a registry that does not answer, a folder that cannot be
      written, or a mistake in the code. Read the last line.

    65 and 75 are the codes of `sysexits.h`; Airflow skips a task that ends with 99.
    """

    DONE = 0
    FAILED = 1
    WRONG_CALL = 2
    INVALID_INPUT = 65
    NOT_READY = 75
    NOTHING_TO_DO = 99
    STOPPED = 130


class InputError(ValueError):
    """The input is invalid. The message names what was found, what is allowed and what to do."""

    exit_code = ExitCode.INVALID_INPUT


class InvalidDataError(InputError):
    """Data, scores or the files of a model are invalid."""


class WrongCallError(InputError):
    """The call names something that does not exist, or a value that is not allowed."""

    exit_code = ExitCode.WRONG_CALL


class NotReadyError(InputError):
    """The date cannot run yet. The same call may succeed later."""

    exit_code = ExitCode.NOT_READY


class NothingToDo(InputError):  # noqa: N818  (the run is not in error)
    """The result of the same inputs already exists."""

    exit_code = ExitCode.NOTHING_TO_DO


class OnlyListMissing(NothingToDo):
    """The scores already exist; the run only wrote the missing contact list."""

    exit_code = ExitCode.DONE


class BrokenLogError(InvalidDataError):
    """A commit of a Delta table cannot be read."""


class DateTakenError(NotReadyError):
    """Another run works on the date, or committed it first."""


class SourcesNotReadyError(NotReadyError):
    """A source table does not have data up to the required day yet."""


class UnknownSourceColumnError(InputError):
    """`readiness` names a column that the table does not have."""


class UnknownMeasureError(WrongCallError):
    """A declaration names a column that its table does not have, or a time with a zone."""


class BrokenContractError(InvalidDataError):
    """A table breaks its contract: its columns, types, rules or key."""


def walk_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error, then each error that it was raised from or while handling."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def mark_message(message: str) -> str:
    """Mark a message that an engine raises, so that `find_marked` finds it among the engine's."""
    return f"{MARK}{message}{MARK}"


def find_marked(error: BaseException) -> InvalidDataError | None:
    """Return the error with the marked message that an engine raised; None for other errors."""
    parts = (str(cause).split(MARK) for cause in walk_causes(error))
    return next((InvalidDataError(part[1]) for part in parts if len(part) > 2), None)


def take_first_line(error: object) -> str:
    """Return the first line of a message; databases and Rust add advice and backtraces below it."""
    return next(iter(str(error).splitlines()), "no message")


def join_lines(text: str) -> str:
    """Put a message on one line."""
    return " ".join(line.strip() for line in text.splitlines() if line.strip())
