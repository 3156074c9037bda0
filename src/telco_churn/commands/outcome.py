"""How a run ended: in a sentence for people, in an exit code for schedulers."""

import errno
import functools
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import click
from kedro.config import MissingConfigException
from kedro.framework.cli.utils import KedroCliError
from kedro.framework.project import pipelines
from kedro.io import DatasetError
from kedro.validation.exceptions import DataValidationError, ParameterValidationError
from mlflow.exceptions import MlflowException

from telco_churn.credentials import mask_credentials
from telco_churn.datasets.registry_reach import explain_lost_registry
from telco_churn.errors import ExitCode, InputError, NothingToDo, WrongCallError, walk_causes

EXPECTED = (
    InputError,
    DatasetError,
    MissingConfigException,
    ParameterValidationError,
    MlflowException,
)
DENIED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}


def explain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """End with the message alone where it says it all, else with the traceback.

    With `KedroCliError.VERBOSE_ERROR` set, every error ends with its traceback. Passwords in
    addresses are always masked.
    """

    @functools.wraps(command)
    def run_explained(*args: Any, **kwargs: Any) -> Any:
        """Run the command, its expected errors told plainly."""
        try:
            return command(*args, **kwargs)
        except NothingToDo as found:
            click.echo(str(found))
            raise SystemExit(found.exit_code) from found
        except Exception as raised:
            error = find_fault(raised)
            if KedroCliError.VERBOSE_ERROR or not isinstance(error, EXPECTED):
                click.echo(mask_credentials(traceback.format_exc()), err=True)
                raise SystemExit(find_exit_code(error)) from error
            plain = click.ClickException(mask_credentials(str(error)))
            plain.exit_code = find_exit_code(error)  # type: ignore[misc]  # as click documents
            raise plain from error

    return run_explained


def find_fault(error: Exception) -> Exception:
    """Choose what to show of an error: Kedro and MLflow wrap what means something to a person."""
    if isinstance(error, InputError):
        return error
    fault = find_wrong_call(error) or explain_lost_registry(error)
    if fault:
        return fault
    if isinstance(error, DatasetError) and "Failed while" in str(error):  # Kedro's own words
        ours = (cause for cause in walk_causes(error) if isinstance(cause, InputError))
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
        if isinstance(cause, InputError):
            return cause.exit_code
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
