"""The project's own commands, and `kedro run` with errors that a person can act on."""

import copy
import functools
from collections.abc import Callable
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import KedroCliError
from kedro.io import DatasetError
from kedro.validation import ParameterValidationError

from telco_churn.commands.experiments import experiments
from telco_churn.errors import InputError


def explain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """End with the message alone where it says it all; `kedro --verbose` shows the rest."""

    @functools.wraps(command)
    def run_explained(*args: Any, **kwargs: Any) -> Any:
        """Run the command, its expected errors told plainly."""
        try:
            return command(*args, **kwargs)
        except (InputError, DatasetError, ParameterValidationError) as error:
            if KedroCliError.VERBOSE_ERROR:
                raise
            raise click.ClickException(str(error)) from error

    return run_explained


@click.group(name="telco_churn")
def cli() -> None:
    """Commands of this project."""


run = copy.copy(kedro_run)
assert kedro_run.callback is not None
run.callback = explain_errors(kedro_run.callback)
cli.add_command(run)
cli.add_command(experiments)
