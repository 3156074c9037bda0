"""End a command with one sentence for the user and an exit code for the scheduler."""

import errno
import functools
import re
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeGuard

import click
import duckdb
from kedro.config import MissingConfigException
from kedro.framework.cli.utils import KedroCliError
from kedro.io import DatasetError
from kedro.validation.exceptions import DataValidationError, ParameterValidationError

from kedro_asof.credentials import mask_credentials
from kedro_asof.errors import (
    ExitCode,
    InputError,
    NothingToDo,
    find_marked,
    join_lines,
    take_first_line,
    walk_causes,
)
from kedro_asof.file_errors import UnreadableFileError
from kedro_asof.library_errors import Options, explain_library_error, list_pipelines
from kedro_asof.logs import log_error, show, writes_json
from kedro_asof.project import find_project

EXPECTED = (InputError, DatasetError, MissingConfigException, ParameterValidationError)
DENIED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}
MISPLACED = {errno.ENOTDIR, errno.EISDIR, errno.EEXIST}
STOPPED = "Stopped by Ctrl-C. Nothing is half-written; tables that this run committed stay."
ADVICE = re.compile(
    r"kedro (?:run|backfill|experiments|own-table|contracts \w+|scores \w+)\b(?![^`\n]* --env)"
)
WRAPPED = re.compile("Failed while|Failed to instantiate|Cannot save versioned dataset")
PIPELINE = re.compile(r" --pipelines (\w+)(?=[` .]|$)")

# A function from an error of another library to the error to show instead; None for other errors.
Translate = Callable[[Exception], Exception | None]


class RunError(click.ClickException):
    """The last line of a command that failed, with its exit code."""

    def __init__(self, message: str, exit_code: ExitCode) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # type: ignore[misc]  # as click documents

    def show(self, file: Any = None) -> None:
        """Print the line, or log it if the log is JSON."""
        if writes_json():
            log_error(self.message, int(self.exit_code))
        else:
            super().show(file)


def explain_option(option: click.Parameter) -> None:
    """Let an error of the callback that reads an option end with one line, as a wrong call."""
    callback = option.callback
    if callback is None:
        return

    def read(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
        try:
            return callback(context, parameter, value)
        except KedroCliError as error:
            raise click.BadParameter(str(error.message), context, parameter) from error
        except click.ClickException:
            raise
        except Exception as error:  # the readers of Kedro raise errors of YAML, OmegaConf, Python
            is_key = isinstance(error, KeyError)
            reason = f"missing section {error}" if is_key else take_first_line(error)
            fault = f"cannot read {value!r}: {reason}"
            raise click.BadParameter(fault, context, parameter) from error

    option.callback = read


def _set_verbose(_: click.Context, __: click.Parameter, is_on: bool) -> None:
    KedroCliError.VERBOSE_ERROR = is_on


_verbose_option = click.option(
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_set_verbose,
    help="Show the traceback of an error.",
)


def explain_errors(
    translate: Translate,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a command so that an error ends it with one line and an exit code.

    With `--verbose`, which it adds, the traceback stands above that line. Passwords in addresses
    are always masked. Advice in the line keeps the `--env` of the command.

    Args:
        translate: Converts errors of the libraries that a project uses in addition to Kedro.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def run_explained(*args: Any, **kwargs: Any) -> Any:
            try:
                return command(*args, **kwargs)
            except NothingToDo as found:
                show(keep_env(str(found), kwargs.get("env")))
                raise SystemExit(found.exit_code) from found
            except KeyboardInterrupt as stopped:
                raise RunError(STOPPED, ExitCode.STOPPED) from stopped
            except Exception as error:
                is_for_click = isinstance(error, click.ClickException)
                if is_for_click and not isinstance(error, KedroCliError):
                    raise  # click shows it
                raise _end(error, translate, kwargs) from error

        return _verbose_option(run_explained)

    return decorate


def _end(raised: Exception, translate: Translate, options: Options) -> RunError:
    """Return the error that ends a command; print the traceback if the user asked for it."""
    if any(isinstance(cause, duckdb.InterruptException) for cause in walk_causes(raised)):
        return RunError(STOPPED, ExitCode.STOPPED)  # Ctrl-C during a query
    error = find_fault(raised, translate, options)
    if KedroCliError.VERBOSE_ERROR:
        click.echo(mask_credentials("".join(traceback.format_exception(raised))), err=True)
    message = str(error) if is_expected(error) else _describe_bug(error)
    line = mask_credentials(join_lines(message))
    return RunError(adapt_advice(line, options.get("env")), find_exit_code(error))


def _describe_bug(error: Exception) -> str:
    """Describe an error that no one expected by its last place in the project's code."""
    project = find_project()
    frames = traceback.extract_tb(error.__traceback__)
    package = Path(__file__).parents[1]
    ours = [each for each in frames if Path(each.filename).is_relative_to(package)]
    where = ""
    if place := next(reversed(ours or frames), None):
        file = Path(place.filename)
        shown = file.relative_to(project) if file.is_relative_to(project) else file
        where = f" in {place.name}, {shown} line {place.lineno}"
    return (
        f"Unexpected {type(error).__name__}{where}: {str(error).rstrip('.')}. Repeat the command "
        "with --verbose to see the traceback."
    )


def keep_env(message: str, env: str | None) -> str:
    """Add the environment of the user to the commands in a message.

    Args:
        message: A text with commands such as `kedro run --pipelines training`.
        env: The `--env` of the user; None if none was given.
    """
    if not env:
        return message
    message = message.replace(", with the same --env", "")
    return ADVICE.sub(lambda found: f"{found[0]} --env {env}", message)


def adapt_advice(message: str, env: str | None) -> str:
    """Complete the commands in a message, and leave out pipelines that the environment lacks.

    It builds all pipelines, and is for use after a command has ended.
    """
    named = set(PIPELINE.findall(message))
    known = set(list_pipelines({"env": env})) if named else set()
    for name in named - known - {"NAME"} if known else ():
        message = message.replace(f" --pipelines {name}", "")
    return keep_env(message, env)


def is_expected(error: BaseException) -> bool:
    """Return whether the message of an error is enough for the user.

    An error may have an `exit_code` without being an `InputError`: code that ships without this
    package raises such errors.
    """
    return isinstance(error, EXPECTED) or _carries_code(error)


def find_fault(error: Exception, translate: Translate, options: Options | None = None) -> Exception:
    """Return the error that helps the user: Kedro often wraps it in another error.

    Args:
        error: The error that ended a command.
        translate: As for `explain_errors`.
        options: The options of the command.
    """
    if isinstance(error, InputError):
        return error
    return (
        find_marked(error)
        or translate(error)
        or _unwrap(error)
        or explain_library_error(error, options or {})
        or error
    )


def _unwrap(error: Exception) -> Exception | None:
    """Return the error inside Kedro's error about a dataset that it failed to load or save."""
    if isinstance(error, DatasetError) and WRAPPED.search(str(error)):
        ours = (cause for cause in walk_causes(error) if _carries_code(cause))
        return next(ours, _explain_denied(error))
    return _explain_denied(error) if isinstance(error, OSError) else None


def _explain_denied(error: Exception) -> DatasetError | None:
    """Return an error that names the file: access is denied, the disk is full, the place taken."""
    for cause in walk_causes(error):
        if isinstance(cause, OSError) and cause.errno in DENIED:
            place = f": {cause.filename}" if cause.filename else ""
            return DatasetError(
                f"{cause.strerror}{place}. Give the user of this run access, free space on the "
                "disk, or set another folder in the catalog or as `data` in globals.yml."
            )
        if isinstance(cause, OSError) and cause.errno in MISPLACED:
            return UnreadableFileError(
                f"{cause.strerror}: {cause.filename}. Remove or rename it: a file and a folder "
                "cannot have the same name."
            )
    return None


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
