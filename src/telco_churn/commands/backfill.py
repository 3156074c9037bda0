"""`kedro backfill`: runs a pipeline for one date after another."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import click
import mlflow
from kedro.framework.cli.utils import KedroCliError, _split_params
from kedro.runner import SequentialRunner

from telco_churn.commands.dates import Day, Step, list_dates
from telco_churn.commands.outcome import EXPECTED, find_exit_code
from telco_churn.commands.sessions import open_session, show_table
from telco_churn.errors import ExitCode

WORDS = {
    ExitCode.DONE: "done",
    ExitCode.NOTHING_TO_DO: "nothing to do",
    ExitCode.NOT_READY: "not ready",
    ExitCode.REFUSED: "refused",
    ExitCode.WRONG_CALL: "wrong call",
    ExitCode.FAILED: "failed",
}
FINE = (ExitCode.DONE, ExitCode.NOTHING_TO_DO)


@dataclass(frozen=True)
class DateRun:
    """How the run of one date went."""

    as_of: date
    code: ExitCode
    seconds: float
    message: str = ""


@click.command()
@click.option("--from", "first", type=Day(), required=True, help="First as_of.")
@click.option("--to", "last", type=Day(), required=True, help="Last as_of, if the steps meet it.")
@click.option("--every", "step", type=Step(), default="7d", show_default=True)
@click.option("--pipeline", default="scoring", show_default=True, help="What to run for each date.")
@click.option("--env", "-e", default=None, help="Configuration environment, as for kedro run.")
@click.option(
    "--params",
    "parameters",
    default="",
    callback=_split_params,
    help="Further parameters, as for kedro run.",
)
@click.option("--keep-going", is_flag=True, help="Go on with the next date after a failure.")
@click.option("--verbose", is_flag=True, help="Show what each run logs.")
def backfill(
    first: date,
    last: date,
    step: timedelta,
    pipeline: str,
    env: str | None,
    parameters: dict[str, Any],
    keep_going: bool,
    verbose: bool,
) -> None:
    """Run a pipeline for a range of dates, oldest first.

    Dates that were scored by the same model from the same data are skipped, so the same call goes
    on where it was stopped. It ends with the exit code of the first date that went wrong: 65
    refused, 75 not ready, 1 failed; with 99 when there was nothing to do for any date.

    Example: kedro backfill --from 2026-01-05 --to 2026-09-28 --every 7d
    """
    if last < first:
        raise click.BadParameter(f"{last} lies before --from {first}.", param_hint="--to")
    if "as_of" in parameters:
        raise click.BadParameter("as_of is set by --from and --to.", param_hint="--params")
    dates = list_dates(first, last, step)
    with _only_warnings(not verbose):
        runs = _run_all(
            dates,
            lambda as_of: _run_date(as_of, pipeline, env, parameters),
            keep_going,
        )
    _show(runs, len(dates))
    wrong = [run.code for run in runs if run.code not in FINE]
    if wrong:
        raise SystemExit(wrong[0])
    if all(run.code is ExitCode.NOTHING_TO_DO for run in runs):
        raise SystemExit(ExitCode.NOTHING_TO_DO)


def _run_all(dates: list[date], run: Callable[[date], DateRun], keep_going: bool) -> list[DateRun]:
    runs: list[DateRun] = []
    for number, as_of in enumerate(dates, start=1):
        runs.append(run(as_of))
        click.echo(f"[{number}/{len(dates)}] {_describe(runs[-1])}{_estimate(runs, len(dates))}")
        if runs[-1].code not in FINE and not keep_going:
            break
    return runs


def _run_date(as_of: date, pipeline: str, env: str | None, parameters: dict[str, Any]) -> DateRun:
    started = time.monotonic()
    code, message = ExitCode.DONE, ""
    try:
        with open_session(env, parameters | {"as_of": str(as_of)}) as session:
            session.run(pipeline_names=pipeline.split(","), runner=SequentialRunner())
    except EXPECTED as error:
        code, message = find_exit_code(error), str(error)
    except Exception as error:  # a date that fails is told of like any other
        if KedroCliError.VERBOSE_ERROR:
            raise
        code, message = ExitCode.FAILED, f"{type(error).__name__}: {str(error).splitlines()[0]}"
    finally:
        while mlflow.active_run():  # kedro-mlflow opens the run again at each node
            mlflow.end_run("FINISHED" if code in FINE else "FAILED")
    return DateRun(as_of, code, time.monotonic() - started, message)


def _describe(run: DateRun) -> str:
    reason = "" if run.code in FINE else f": {run.message}"
    return f"{run.as_of} {WORDS[run.code]}, {run.seconds:.1f} s{reason}"


def _estimate(runs: list[DateRun], dates: int) -> str:
    """How long the rest will take, if it takes as long as what was not skipped."""
    worked = [run.seconds for run in runs if run.code is not ExitCode.NOTHING_TO_DO]
    left = dates - len(runs)
    if not left or not worked:
        return ""
    minutes, seconds = divmod(round(left * sum(worked) / len(worked)), 60)
    return f"; {left} to go, about {minutes} min {seconds:02d} s"


def _show(runs: list[DateRun], dates: int) -> None:
    rows = [[str(run.as_of), WORDS[run.code], f"{run.seconds:.1f}"] for run in runs]
    show_table(["as_of", "outcome", "seconds"], rows)
    left = dates - len(runs)
    if left:
        click.echo(f"{left} dates were not run. The same call goes on where this one stopped.")


@contextmanager
def _only_warnings(is_on: bool) -> Iterator[None]:
    """Keep Kedro quiet, whose errors are told of with their date, and us but for warnings."""
    quiet = {"kedro": logging.CRITICAL, "telco_churn": logging.WARNING} if is_on else {}
    levels = {name: logging.getLogger(name).level for name in quiet}
    for name, level in quiet.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
