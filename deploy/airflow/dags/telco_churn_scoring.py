"""Score every Monday: one `kedro run` per pipeline, in the project's own Python environment.

Airflow needs only the project's path on the worker. Set it as the Airflow Variable
`telco_churn_home` or as the environment variable
`AIRFLOW_VAR_TELCO_CHURN_HOME`.
The worker's `KEDRO_ENV` selects the environment of `conf/`. See
docs/how-to/schedule-with-airflow.md.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import DAG, BaseOperator, CronTriggerTimetable, Param, Variable
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

# The time zone of `as_of`. In UTC, which Airflow uses, it may still be the day before.
TIMEZONE = "UTC"
SCHEDULE = "0 5 * * 1"

# Exit codes of the project. Airflow counts tries but not how each ended, so not ready (75) and
# failed (1, which may be the network) share one limit. Every other code is final.
NOTHING_TO_DO = 99
WORTH_TRYING = (75, 1)
TRIES = 13  # six hours at RETRY_EVERY
RETRY_EVERY = timedelta(minutes=30)


class ScoreDate(BaseOperator):
    """Run the project for one date and turn its exit code into a task state."""

    def execute(self, context: dict[str, Any]) -> None:
        """Run the pipelines; raise the error that skips, retries or fails the task."""
        default = "/opt/telco-churn"
        given = Variable.get("telco_churn_home", default=default)
        home = Path(given)
        as_of = find_as_of(context)
        kedro = str(home / ".venv" / "bin" / "kedro")
        # Separate runs: scoring compares what ingestion made with the last commit of the date.
        for pipeline in context["params"]["pipelines"].split(","):
            command = [kedro, "run", "--pipelines", pipeline, "--params", f"as_of={as_of}"]
            self._hook = SubprocessHook()
            judge_exit_code(self._hook.run_command(command, cwd=str(home)).exit_code, as_of)

    def on_kill(self) -> None:
        """Stop the run with the task; a date is committed completely or not at all."""
        self._hook.send_sigterm()


def find_as_of(context: dict[str, Any]) -> date:
    """Return the day of the logical date, which is the morning itself for this timetable.

    A run that was triggered without a logical date takes the day of its request.
    """
    moment = context.get("logical_date") or context["dag_run"].run_after
    return moment.astimezone(ZoneInfo(TIMEZONE)).date()


def judge_exit_code(code: int, as_of: date) -> None:
    """Raise the error for an exit code; a code that no retry can fix fails the task at once."""
    if code == 0:
        return
    if code == NOTHING_TO_DO:
        raise AirflowSkipException(f"The same model has already scored {as_of} from the same data.")
    message = f"Scoring {as_of} ended with exit code {code}."
    if code in WORTH_TRYING:
        raise AirflowException(message)
    raise AirflowFailException(message)


with DAG(
    dag_id="telco_churn_scoring",
    description="Score churn each Monday",
    schedule=CronTriggerTimetable(SCHEDULE, timezone=TIMEZONE),
    start_date=datetime(2026, 1, 5, tzinfo=ZoneInfo(TIMEZONE)),
    catchup=False,  # past dates are backfilled on purpose: `airflow backfill create`
    max_active_runs=1,
    params={
        "pipelines": Param(
            "ingestion,scoring",
            enum=["ingestion,scoring", "scoring"],
            description="Choose `scoring` for a backfill: the tables already hold all dates.",
        )
    },
    tags=["telco_churn"],
):
    ScoreDate(
        task_id="score_date",
        retries=TRIES - 1,
        retry_delay=RETRY_EVERY,
        # max_active_runs does not limit a backfill, and the primary tables take one writer.
        max_active_tis_per_dag=1,
        execution_timeout=timedelta(hours=6),
    )
