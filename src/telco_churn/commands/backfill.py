"""`kedro backfill`: runs a pipeline for one date after another."""

import logging
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import click
import mlflow
import pandas as pd
from kedro.framework.cli.utils import KedroCliError, _split_params
from kedro.framework.project import pipelines
from kedro.runner import SequentialRunner

from telco_churn.commands.dates import Day, Step, list_dates
from telco_churn.commands.outcome import EXPECTED, find_exit_code, find_fault
from telco_churn.commands.sessions import open_score_history, open_session, show_table
from telco_churn.credentials import mask_credentials
from telco_churn.errors import ExitCode

WORDS = {
    ExitCode.DONE: "done",
    ExitCode.NOTHING_TO_DO: "nothing to do",
    ExitCode.NOT_READY: "not ready",
    ExitCode.REFUSED: "refused",
    ExitCode.WRONG_CALL: "wrong call",
    ExitCode.FAILED: "failed",
    ExitCode.STOPPED: "stopped",
}
FINE = (ExitCode.DONE, ExitCode.NOTHING_TO_DO)
STATUS = dict.fromkeys(FINE, "FINISHED") | {ExitCode.STOPPED: "KILLED"}  # MLflow's words
FINAL = (ExitCode.WRONG_CALL, ExitCode.STOPPED)  # no other date would go otherwise
REASON_WIDTH = 60  # characters; the line of the date has all of it


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
    refused, 75 not ready, 1 failed, 130 stopped by Ctrl-C; with 99 when there was nothing to do for
    any date. A wrong call ends it at the first date, with 2.

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
    if runs[0].code is ExitCode.WRONG_CALL:
        raise click.UsageError(runs[0].message)
    _show(runs, len(dates), _read_scored(env, pipeline))
    wrong = [run.code for run in runs if run.code not in FINE]
    if wrong:
        raise SystemExit(wrong[0])
    if all(run.code is ExitCode.NOTHING_TO_DO for run in runs):
        raise SystemExit(ExitCode.NOTHING_TO_DO)


def _run_all(dates: list[date], run: Callable[[date], DateRun], keep_going: bool) -> list[DateRun]:
    runs: list[DateRun] = []
    for number, as_of in enumerate(dates, start=1):
        runs.append(run(as_of))
        if number == 1 and runs[0].code is ExitCode.WRONG_CALL:
            break
        click.echo(f"[{number}/{len(dates)}] {_describe(runs[-1])}{_estimate(runs, len(dates))}")
        if runs[-1].code in FINAL or (runs[-1].code not in FINE and not keep_going):
            break
    return runs


def _run_date(as_of: date, pipeline: str, env: str | None, parameters: dict[str, Any]) -> DateRun:
    started = time.monotonic()
    code, message = ExitCode.DONE, ""
    try:
        with open_session(env, parameters | {"as_of": str(as_of)}) as session:
            session.run(pipeline_names=pipeline.split(","), runner=SequentialRunner())
    except KeyboardInterrupt:
        code, message = ExitCode.STOPPED, "by Ctrl-C; the scores before stay as they were"
    except Exception as error:  # a date that fails is told of like any other
        if KedroCliError.VERBOSE_ERROR and not isinstance(error, EXPECTED):
            raise
        code, message = _judge(error)
    finally:
        while mlflow.active_run():  # kedro-mlflow opens the run again at each node
            mlflow.end_run(STATUS.get(code, "FAILED"))
    return DateRun(as_of, code, time.monotonic() - started, message)


def _judge(raised: Exception) -> tuple[ExitCode, str]:
    error = find_fault(raised)
    if isinstance(error, EXPECTED) and str(error):
        return find_exit_code(error), mask_credentials(str(error))
    first_line = mask_credentials(next(iter(str(error).splitlines()), "no message"))
    return find_exit_code(error), f"{type(error).__name__}: {first_line}"


def _describe(run: DateRun) -> str:
    reason = "" if run.code in FINE else f": {run.message}"
    return f"{run.as_of} {WORDS[run.code]}, {run.seconds:.1f} s{reason}"


def _estimate(runs: list[DateRun], dates: int) -> str:
    """How long the rest will take, if it takes as long as what was done."""
    worked = [run.seconds for run in runs if run.code is ExitCode.DONE]
    left = dates - len(runs)
    if not left or not worked:
        return ""
    minutes, seconds = divmod(round(left * sum(worked) / len(worked)), 60)
    return f"; {left} to go, about {minutes} min {seconds:02d} s"


def _read_scored(env: str | None, pipeline: str) -> pd.DataFrame:
    """The last commit of each date, by date; none where the pipeline does not score."""
    runs_of = [pipelines[name].all_outputs() for name in pipeline.split(",")]
    try:
        commits = open_score_history(env).load()
    except EXPECTED as error:
        reason = mask_credentials(str(error))
        click.echo(f"What was scored cannot be read: {reason}", err=True)
        commits = pd.DataFrame(columns=["as_of"])
    last = commits.drop_duplicates("as_of", keep="last").set_index("as_of")
    return last if any("churn_scores" in outputs for outputs in runs_of) else last.head(0)


def _show(runs: list[DateRun], dates: int, scored: pd.DataFrame) -> None:
    rows = [
        [
            str(run.as_of),
            WORDS[run.code],
            *_tell_scores(run, scored),
            f"{run.seconds:.1f}",
            _shorten(run.message) if run.code not in FINE else "",
        ]
        for run in runs
    ]
    show_table(["as_of", "outcome", "customers", "model", "seconds", "reason"], rows)
    if len(runs) < dates:
        click.echo(
            f"{dates - len(runs)} of {dates} dates were not run. To go on: --from {runs[-1].as_of}"
        )


def _tell_scores(run: DateRun, scored: pd.DataFrame) -> list[str]:
    """Customers and model version, where the date has the scores that were asked for."""
    if run.code not in FINE or str(run.as_of) not in scored.index:
        return ["", ""]
    commit = scored.loc[[str(run.as_of)]].to_dict("records")[0]
    return [f"{int(commit['customers']):,}", f"{commit['model']} {commit['model_version']}"]


def _shorten(message: str) -> str:
    return textwrap.shorten(message, REASON_WIDTH, placeholder=" ...")


@contextmanager
def _only_warnings(is_on: bool) -> Iterator[None]:
    """Keep Kedro quiet, whose errors are told of with their date, and us but for warnings."""
    ours = {"telco_churn": logging.WARNING, "kedro_wandb": logging.WARNING}
    quiet = {"kedro": logging.CRITICAL, **ours} if is_on else {}
    levels = {name: logging.getLogger(name).level for name in quiet}
    for name, level in quiet.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
