"""Print what a run understood of a table, and the summaries and next commands at its end."""

import logging
import re
import shutil
import sys
from contextlib import suppress
from typing import Any

from kedro.config import MissingConfigException
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.validation import ParameterValidationError
from pydantic import TypeAdapter, ValidationError

from kedro_asof.exit_codes import keep_env
from kedro_asof.logs import show

NextSteps = dict[str, list[tuple[str, str]]]  # by pipeline, commands and what each does

SUMMARIES = ("training_summary", "run_summary")


class ShowSummaryHook:
    """Prints the overview of a table at once, and summaries and next commands at the end.

    A log level above INFO hides them. Only a terminal shows the next commands.
    """

    def __init__(self) -> None:
        self._summaries: list[str] = []
        self._next_steps: NextSteps = {}

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Read the next commands of each pipeline from next_steps.yml.

        Raises:
            ParameterValidationError: When the file has another form.
        """
        with suppress(MissingConfigException):
            found = context.config_loader["next_steps"]
            try:
                self._next_steps = TypeAdapter(NextSteps).validate_python(found)
            except ValidationError as error:
                fault = error.errors()[0]
                where = ".".join(map(str, fault["loc"]))
                raise ParameterValidationError(
                    f"Invalid {where} in next_steps.yml: {fault['msg']}. Write pairs of a command "
                    "and what it does, in a list for each pipeline."
                ) from error

    @hook_impl
    def before_pipeline_run(self) -> None:
        """Clear the summaries of an earlier run that failed."""
        self._summaries = []

    @hook_impl
    def after_dataset_saved(self, dataset_name: str, data: Any) -> None:
        """Store a summary; print an overview before the long work starts."""
        if dataset_name in SUMMARIES:
            self._summaries.append(data)
        if dataset_name == "table_overview":
            self._show(data)

    @hook_impl(trylast=True)
    def after_pipeline_run(self, run_params: dict[str, Any]) -> None:
        """Print the summaries and the next commands."""
        for summary in self._summaries:
            self._show(keep_env(summary, run_params["env"]))
        if sys.stdout.isatty():
            chosen = run_params["pipeline_names"] or ["default"]
            steps = [each for name, each in self._next_steps.items() if name in chosen]
            self._show(_write_next_steps(steps[-1] if steps else [], run_params["env"]))

    def _show(self, text: str) -> None:
        if text and logging.getLogger(__name__).isEnabledFor(logging.INFO):
            show("\n" + text.strip("\n"))


def _write_next_steps(steps: list[tuple[str, str]], env: str | None) -> str:
    """Write commands as they must be typed here, each with what it does as a comment."""
    commands = [keep_env(command, env) for command, _ in steps]
    if env:
        commands = [re.sub("make viz(?! env)", f"make viz env={env}", each) for each in commands]
    if shutil.which("kedro") is None:
        commands = [re.sub("^kedro", ".venv/bin/kedro", command) for command in commands]
    lines = [f"      {typed}  # {does}" for typed, (_, does) in zip(commands, steps, strict=True)]
    return "\n".join(lines).replace("      ", "next: ", 1)
