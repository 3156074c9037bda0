"""Score every Monday's date: a `kedro run` for each pipeline, in the project's own environment.

Airflow needs nothing of the project but its path on the worker: the Airflow Variable
`telco_churn_home`, which the environment variable `AIRFLOW_VAR_TELCO_CHURN_HOME` may hold. Which
`conf/` environment runs is the worker's `KEDRO_ENV`. See docs/scheduling.md.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import DAG, BaseOperator, CronTriggerTimetable, Param, Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

# Whose morning `as_of` is. Airflow keeps time in UTC, where it may still be the day before.
TIMEZONE = "UTC"
SCHEDULE = "0 5 * * 1"

# Exit codes of the project. Airflow counts tries, not what each ended with: so there is one limit
# for not ready (75) and failed (1: perhaps the network), and every other code is final.
NOTHING_TO_DO = 99
WORTH_TRYING = (75, 1)
TRIES = 13  # six hours, in steps of RETRY_EVERY
RETRY_EVERY = timedelta(minutes=30)


class ScoreDate(BaseOperator):
    """Run the project for one date, and tell Airflow by its exit code what to make of it."""

    def execute(self, context: dict[str, Any]) -> None:
        """Run; raise what skips, retries or fails the task."""
        home = Path(Variable.get("telco_churn_home", default="/opt/telco-churn"))
        as_of = find_as_of(context)
        kedro = str(home / ".venv" / "bin" / "kedro")
        # A run each: by what ingestion made, scoring sees whether there is anything to do.
        for pipeline in context["params"]["pipelines"].split(","):
            command = [kedro, "run", "--pipelines", pipeline, "--params", f"as_of={as_of}"]
            self._hook = SubprocessHook()
            judge_exit_code(self._hook.run_command(command, cwd=str(home)).exit_code, as_of)

    def on_kill(self) -> None:
        """Stop the run with the task: a date is committed whole or not at all."""
        self._hook.send_sigterm()


def find_as_of(context: dict[str, Any]) -> date:
    """The day of the logical date: this timetable's is the morning itself, not a week before it.

    A run triggered without a logical date is about the day it was asked for.
    """
    moment = context.get("logical_date") or context["dag_run"].run_after
    return moment.astimezone(ZoneInfo(TIMEZONE)).date()


def judge_exit_code(code: int, as_of: date) -> None:
    """Raise what Airflow should do; a code that no retry can mend fails at once."""
    if code == 0:
        return
    if code == NOTHING_TO_DO:
        raise AirflowSkipException(f"{as_of} is scored already by the same model and data.")
    message = f"Scoring {as_of} ended with exit code {code}."
    if code in WORTH_TRYING:
        raise AirflowException(message)
    raise AirflowFailException(message)


with DAG(
    dag_id="telco_churn_scoring",
    description="Churn scores of each Monday",
    schedule=CronTriggerTimetable(SCHEDULE, timezone=TIMEZONE),
    start_date=datetime(2026, 1, 5, tzinfo=ZoneInfo(TIMEZONE)),
    catchup=False,  # dates gone by are somebody's decision: `airflow backfill create`
    max_active_runs=1,
    params={
        "pipelines": Param(
            "ingestion,scoring",
            enum=["ingestion,scoring", "scoring"],
            description="A backfill needs no ingestion but the first: the tables hold all dates.",
        )
    },
    tags=["telco_churn"],
):
    ScoreDate(
        task_id="score_date",
        retries=TRIES - 1,
        retry_delay=RETRY_EVERY,
        # A backfill has a limit of runs of its own; primary tables have one writer.
        max_active_tis_per_dag=1,
        execution_timeout=timedelta(hours=6),
    )
