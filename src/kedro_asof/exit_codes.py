"""End a command with one sentence for the user and an exit code for the scheduler."""

import errno
import functools
import traceback
from collections.abc import Callable, Iterator
from typing import Any, TypeGuard

import click
from kedro.config import MissingConfigException
from kedro.framework.cli.utils import KedroCliError
from kedro.framework.project import pipelines
from kedro.io import DatasetError
from kedro.validation.exceptions import DataValidationError, ParameterValidationError

from kedro_asof.credentials import mask_credentials
from kedro_asof.errors import (
    ExitCode,
    InputError,
    NothingToDo,
    WrongCallError,
    find_marked,
    walk_causes,
)

EXPECTED = (InputError, DatasetError, MissingConfigException, ParameterValidationError)
DENIED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}

# A function from an error of another library to the error to show instead; None for other errors.
Translate = Callable[[Exception], Exception | None]


def explain_errors(
    translate: Translate,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a command so that an expected error ends with its message, others with a traceback.

    With `KedroCliError.VERBOSE_ERROR` set, every error ends with its traceback. Passwords in
    addresses are always masked.

    Args:
        translate: Converts errors of the libraries that a project uses in addition to Kedro.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run_explained(*args: Any, **kwargs: Any) -> Any:
            try:
                return command(*args, **kwargs)
            except NothingToDo as found:
                click.echo(str(found))
                raise SystemExit(found.exit_code) from found
            except Exception as raised:
                error = find_fault(raised, translate)
                if KedroCliError.VERBOSE_ERROR or not is_expected(error):
                    click.echo(mask_credentials(traceback.format_exc()), err=True)
                    raise SystemExit(find_exit_code(error)) from error
                plain = click.ClickException(mask_credentials(str(error)))
                plain.exit_code = find_exit_code(error)  # type: ignore[misc]  # as click documents
                raise plain from error

        return run_explained

    return decorate


def is_expected(error: BaseException) -> bool:
    """Return whether the message of an error is enough for the user, without a traceback.

    An error may have an `exit_code` without being an `InputError`: code that ships without this
    package raises such errors.
    """
    return isinstance(error, EXPECTED) or _carries_code(error)


def find_fault(error: Exception, translate: Translate) -> Exception:
    """Return the error of a chain that helps the user: Kedro often wraps it in another error."""
    if isinstance(error, InputError):
        return error
    fault = find_wrong_call(error) or find_marked(error) or translate(error)
    if fault:
        return fault
    if isinstance(error, DatasetError) and "Failed while" in str(error):  # Kedro's wrapper
        ours = (cause for cause in walk_causes(error) if _carries_code(cause))
        return next(ours, _explain_denied(error) or error)
    return (_explain_denied(error) if isinstance(error, OSError) else None) or error


def _explain_denied(error: Exception) -> DatasetError | None:
    """Return an error that names the file if access is denied or the disk is full, else None."""
    for cause in walk_causes(error):
        if isinstance(cause, OSError) and cause.errno in DENIED:
            place = f": {cause.filename}" if cause.filename else ""
            return DatasetError(
                f"{cause.strerror}{place}. Give the user of this run access, free space on the "
                "disk, or set another folder in the catalog or as `data` in globals.yml."
            )
    return None


def find_wrong_call(error: Exception) -> WrongCallError | None:
    """Return an error that lists the pipelines, if Kedro did not find a pipeline; else None."""
    cause = error.__cause__
    if not (isinstance(error, ValueError) and isinstance(cause, KeyError) and cause.args):
        return None
    known = sorted(pipelines.keys())
    if "Failed to find the pipeline" not in str(error) or cause.args[0] in known:
        return None
    return WrongCallError(
        f"Unknown pipeline {cause.args[0]!r}: expected one of {known}. Correct the name."
    )


def find_exit_code(error: BaseException) -> ExitCode:
    """Return the exit code of an error or of its causes: Kedro wraps what datasets raise."""
    for cause in _walk_wrapped(error):
        if _carries_code(cause):
            return ExitCode(cause.exit_code)
        if isinstance(cause, DataValidationError):
            return ExitCode.INVALID_INPUT
        if isinstance(cause, ParameterValidationError | MissingConfigException):
            return ExitCode.WRONG_CALL
    return ExitCode.FAILED


def _walk_wrapped(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and its explicit causes; a bug in an error handler keeps exit code 1."""
    while error is not None:
        yield error
        error = error.__cause__


def _carries_code(error: BaseException) -> TypeGuard[Any]:
    return isinstance(error, ValueError) and getattr(error, "exit_code", None) in set(ExitCode)
