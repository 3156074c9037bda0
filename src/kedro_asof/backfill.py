"""`kedro backfill`: run a pipeline for one date after another."""

import logging
import re
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

import click
import pandas as pd
from kedro.framework import project as kedro_project
from kedro.framework.cli.utils import KedroCliError, _split_params
from kedro.framework.project import pipelines
from kedro.runner import SequentialRunner

from kedro_asof.credentials import mask_credentials
from kedro_asof.errors import ExitCode, take_first_line
from kedro_asof.exit_codes import EXPECTED, Translate, find_exit_code, find_fault, is_expected
from kedro_asof.project import open_session
from kedro_asof.result_table import show_table

STEP = re.compile(r"([1-9]\d*)([dw])")
DAYS = {"d": 1, "w": 7}


class Day(click.ParamType[date]):
    """An option that is a date, written YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Convert the text of the option."""
        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            day = None
        if day is None or day.isoformat() != str(value):
            self.fail(f"Invalid date {value!r}: expected YYYY-MM-DD.", param, ctx)
        return day


class Step(click.ParamType[timedelta]):
    """An option that is a number of days or weeks, such as 7d or 2w."""

    name = "7d|2w"

    def convert(self, value: Any, param: Any, ctx: Any) -> timedelta:
        """Convert the text of the option."""
        found = STEP.fullmatch(str(value).lower())  # --help prints the example in capitals
        if not found:
            self.fail(f"Invalid step {value!r}: expected days or weeks, e.g. 7d or 2w.", param, ctx)
        number, unit = found.groups()
        return timedelta(days=int(number) * DAYS[unit])


def list_dates(first: date, last: date, step: timedelta) -> list[date]:
    """List the dates from `first` to `last`; `last` is included only if a step ends on it."""
    return [first + step * number for number in range((last - first) // step + 1)]


WORDS = {
    ExitCode.DONE: "done",
    ExitCode.NOTHING_TO_DO: "nothing to do",
    ExitCode.NOT_READY: "not ready",
    ExitCode.INVALID_INPUT: "invalid input",
    ExitCode.WRONG_CALL: "wrong call",
    ExitCode.FAILED: "failed",
    ExitCode.STOPPED: "stopped",
}
EVERY = "Days or weeks between two dates, e.g. 7d or 2w."
FINE = (ExitCode.DONE, ExitCode.NOTHING_TO_DO)
FINAL = (ExitCode.WRONG_CALL, ExitCode.STOPPED)  # these end the backfill even with --keep-going
REASON_WIDTH = 60  # characters in the table; the progress line shows the whole reason


@dataclass(frozen=True)
class DateRun:
    """The result of the run of one date."""

    as_of: date
    code: ExitCode
    seconds: float
    message: str = ""


@dataclass(frozen=True)
class DatedProject:
    """The datasets of a project that `kedro backfill` reads.

    Attributes:
        pipeline: The default of `--pipeline`.
        table: The `DatedTable` whose commits the final table shows.
        history: The `DatedHistory` of that table.
        columns: By column of the final table, a function from a commit to the text of its cell.
        translate: Converts errors of other libraries; see `exit_codes.explain_errors`.
    """

    pipeline: str
    table: str
    history: str
    columns: Mapping[str, Callable[[Mapping[Any, Any]], str]]
    translate: Translate


def create_backfill(project: DatedProject) -> click.Command:
    """Create the command `backfill` for a project."""

    @click.command()
    @click.option("--from", "first", type=Day(), required=True, help="First as_of.")
    @click.option("--to", "last", type=Day(), required=True, help="Last as_of.")
    @click.option("--every", "step", type=Step(), default="7d", show_default=True, help=EVERY)
    @click.option(
        "--pipeline", default=project.pipeline, show_default=True, help="Pipeline to run."
    )
    @click.option("--env", "-e", default=None, help="Configuration environment, as in kedro run.")
    @click.option(
        "--params",
        "parameters",
        default="",
        callback=_split_params,
        help="More parameters, as in kedro run.",
    )
    @click.option("--keep-going", is_flag=True, help="Continue after a date that fails.")
    @click.option("--verbose", is_flag=True, help="Show the log of each run.")
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

        Example: kedro backfill --from 2026-01-05 --to 2026-09-28 --every 7d

        A date is skipped if its last commit was made from the same inputs. To continue a backfill
        that was stopped, repeat the command.

        The exit code is that of the first date that failed: 65 invalid input, 75 not ready,
        1 failed, 130 stopped by Ctrl-C. It is 99 if every date was skipped. A wrong call ends the
        backfill at the first date with 2.
        """
        if last < first:
            raise click.BadParameter(f"{last} is before --from {first}.", param_hint="--to")
        if "as_of" in parameters:
            raise click.BadParameter(
                "--from and --to set as_of. Remove as_of from --params.", param_hint="--params"
            )
        dates = list_dates(first, last, step)
        with _only_warnings(not verbose):
            runs = _run_all(
                dates,
                lambda as_of: _run_date(project, as_of, pipeline, env, parameters),
                keep_going,
            )
        if runs[0].code is ExitCode.WRONG_CALL:
            raise click.UsageError(runs[0].message)
        _show(project, runs, len(dates), _read_commits(project, env, pipeline))
        wrong = [run.code for run in runs if run.code not in FINE]
        if wrong:
            raise SystemExit(wrong[0])
        if all(run.code is ExitCode.NOTHING_TO_DO for run in runs):
            raise SystemExit(ExitCode.NOTHING_TO_DO)

    return backfill


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


def _run_date(
    project: DatedProject, as_of: date, pipeline: str, env: str | None, parameters: dict[str, Any]
) -> DateRun:
    started = time.monotonic()
    code, message = ExitCode.DONE, ""
    try:
        with open_session(env, parameters | {"as_of": str(as_of)}) as session:
            session.run(pipeline_names=pipeline.split(","), runner=SequentialRunner())
    except KeyboardInterrupt:
        code, message = ExitCode.STOPPED, "Ctrl-C was pressed; earlier commits are unchanged"
    except Exception as error:  # the final table also lists dates that failed
        if KedroCliError.VERBOSE_ERROR and not is_expected(error):
            raise
        code, message = _judge(error, project.translate)
    return DateRun(as_of, code, time.monotonic() - started, message)


def _judge(raised: Exception, translate: Translate) -> tuple[ExitCode, str]:
    error = find_fault(raised, translate)
    if is_expected(error) and str(error):
        return find_exit_code(error), mask_credentials(str(error))
    first_line = mask_credentials(take_first_line(error))
    return find_exit_code(error), f"{type(error).__name__}: {first_line}"


def _describe(run: DateRun) -> str:
    reason = "" if run.code in FINE else f": {run.message}"
    return f"{run.as_of} {WORDS[run.code]}, {run.seconds:.1f} s{reason}"


def _estimate(runs: list[DateRun], dates: int) -> str:
    """Estimate the time for the remaining dates from the mean of the dates that ran."""
    worked = [run.seconds for run in runs if run.code is ExitCode.DONE]
    left = dates - len(runs)
    if not left or not worked:
        return ""
    minutes, seconds = divmod(round(left * sum(worked) / len(worked)), 60)
    return f"; {left} left, about {minutes} min {seconds:02d} s"


def _read_commits(project: DatedProject, env: str | None, pipeline: str) -> pd.DataFrame:
    """Return the last commit of each date, by date; none if the pipeline commits nothing."""
    runs_of = [pipelines[name].all_outputs() for name in pipeline.split(",")]
    try:
        with open_session(env) as session:
            commits = cast(pd.DataFrame, session.load_context().catalog.load(project.history))
    except EXPECTED as error:
        reason = mask_credentials(str(error))
        click.echo(f"Cannot read the commits: {reason}", err=True)
        commits = pd.DataFrame(columns=["as_of"])
    last = commits.drop_duplicates("as_of", keep="last").set_index("as_of")
    return last if any(project.table in outputs for outputs in runs_of) else last.head(0)


def _show(project: DatedProject, runs: list[DateRun], dates: int, commits: pd.DataFrame) -> None:
    rows = [
        [
            str(run.as_of),
            WORDS[run.code],
            *_describe_commit(project, run, commits),
            f"{run.seconds:.1f}",
            _shorten(run.message) if run.code not in FINE else "",
        ]
        for run in runs
    ]
    show_table(["as_of", "outcome", *project.columns, "seconds", "reason"], rows)
    if len(runs) < dates:
        click.echo(
            f"{dates - len(runs)} of {dates} dates did not run. To continue, pass "
            f"--from {runs[-1].as_of}"
        )


def _describe_commit(project: DatedProject, run: DateRun, commits: pd.DataFrame) -> list[str]:
    """Return the cells of a date: empty if its run failed or the date has no commit."""
    if run.code not in FINE or str(run.as_of) not in commits.index:
        return [""] * len(project.columns)
    (commit,) = commits.loc[[str(run.as_of)]].to_dict("records")
    return [describe(commit) for describe in project.columns.values()]


def _shorten(message: str) -> str:
    return textwrap.shorten(message, REASON_WIDTH, placeholder=" ...")


@contextmanager
def _only_warnings(is_on: bool) -> Iterator[None]:
    """Show only warnings of these packages: the backfill lists Kedro's errors with their date."""
    ours = (kedro_project.PACKAGE_NAME or __package__, __package__, "kedro_wandb")
    levels_on = {"kedro": logging.CRITICAL} | dict.fromkeys(ours, logging.WARNING)
    quiet = levels_on if is_on else {}
    levels = {name: logging.getLogger(name).level for name in quiet}
    for name, level in quiet.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
