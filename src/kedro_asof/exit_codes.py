"""How a run ends: in one sentence for people, in an exit code for schedulers."""

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
from kedro_asof.errors import ExitCode, InputError, NothingToDo, WrongCallError, walk_causes

EXPECTED = (InputError, DatasetError, MissingConfigException, ParameterValidationError)
DENIED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}

# From an error of another library to the one to show in its place; None for all others.
Translate = Callable[[Exception], Exception | None]


def explain_errors(
    translate: Translate,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Let a command end with the message alone where it is enough, else with the traceback.

    With `KedroCliError.VERBOSE_ERROR` set, every error ends with its traceback. Passwords in
    addresses are always masked.

    Args:
        translate: Knows the errors of the libraries that a project uses beside Kedro.
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
    """Whether the message of an error is written for the user, who needs no traceback.

    An error may carry an `exit_code` without being an `InputError`: code that is shipped without
    this package raises such.
    """
    return isinstance(error, EXPECTED) or _carries_code(error)


def find_fault(error: Exception, translate: Translate) -> Exception:
    """Choose which error of a chain to show: Kedro wraps the one that helps the user."""
    if isinstance(error, InputError):
        return error
    fault = find_wrong_call(error) or translate(error)
    if fault:
        return fault
    if isinstance(error, DatasetError) and "Failed while" in str(error):  # Kedro's own words
        ours = (cause for cause in walk_causes(error) if _carries_code(cause))
        return next(ours, _explain_denied(error) or error)
    return (_explain_denied(error) if isinstance(error, OSError) else None) or error


def _explain_denied(error: Exception) -> DatasetError | None:
    """Name the file that could not be written or read."""
    for cause in walk_causes(error):
        if isinstance(cause, OSError) and cause.errno in DENIED:
            place = f": {cause.filename}" if cause.filename else ""
            return DatasetError(
                f"{cause.strerror}{place}. Give the user of this run access, make room on the "
                "disk, or choose another folder: `data` in conf/base/globals.yml."
            )
    return None


def find_wrong_call(error: Exception) -> WrongCallError | None:
    """Say what pipelines there are, if the error is Kedro's when it finds none of a name."""
    cause = error.__cause__
    if not (isinstance(error, ValueError) and isinstance(cause, KeyError) and cause.args):
        return None
    known = sorted(pipelines.keys())
    if "Failed to find the pipeline" not in str(error) or cause.args[0] in known:
        return None
    return WrongCallError(f"There is no pipeline {cause.args[0]!r}; there are {known}.")


def find_exit_code(error: BaseException) -> ExitCode:
    """Look for what an error means among its causes: Kedro wraps what datasets raise."""
    for cause in _walk_wrapped(error):
        if _carries_code(cause):
            return ExitCode(cause.exit_code)
        if isinstance(cause, DataValidationError):
            return ExitCode.REFUSED
        if isinstance(cause, ParameterValidationError | MissingConfigException):
            return ExitCode.WRONG_CALL
    return ExitCode.FAILED


def _walk_wrapped(error: BaseException | None) -> Iterator[BaseException]:
    """Yield what was raised from what; a bug in a handler has no code of what it handled."""
    while error is not None:
        yield error
        error = error.__cause__


def _carries_code(error: BaseException) -> TypeGuard[Any]:
    return isinstance(error, ValueError) and getattr(error, "exit_code", None) in set(ExitCode)
