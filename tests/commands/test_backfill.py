"""A backfill runs dates one after another, skips scored dates and lists all of them."""

from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable
from kedro.framework.startup import bootstrap_project
from mlflow.entities import Run

from kedro_asof.errors import ExitCode
from kedro_asof.params import AsOf
from telco_churn.pipelines.scoring import commit_plan
from tests.conftest import ProjectCopy

pytestmark = pytest.mark.slow


def call(project: ProjectCopy, *arguments: str) -> Result:
    bootstrap_project(project.path)
    from telco_churn.cli import cli  # noqa: PLC0415  (needs a bootstrapped project)

    return CliRunner(catch_exceptions=False).invoke(cli, list(arguments))


def backfill(project: ProjectCopy, first: str, last: str, *arguments: str) -> Result:
    return call(project, "backfill", "--env", "test", "--from", first, "--to", last, *arguments)


def scores_of(project: ProjectCopy) -> Path:
    return project.data / "07_model_output" / "churn_scores"


def test_a_backfill_scores_what_is_missing_and_skips_the_rest(project: ProjectCopy) -> None:
    first = backfill(project, "2026-09-14", "2026-09-28", "--every", "2w")
    assert first.exit_code == ExitCode.DONE, first.output
    assert "[1/2] 2026-09-14 done" in first.output
    assert "[2/2] 2026-09-28 nothing to do" in first.output
    table = DeltaTable(scores_of(project))
    again = backfill(project, "2026-09-14", "2026-09-28", "--every", "2w")
    assert again.exit_code == ExitCode.NOTHING_TO_DO, again.output
    assert DeltaTable(scores_of(project)).version() == table.version()
    listed = call(project, "scores", "history", "--env", "test")
    assert [day for day in ("2026-09-14", "2026-09-28") if day not in listed.output] == []
    assert "telco_churn_test 1" in listed.output


def test_a_backfill_stops_at_a_failure_or_goes_on_when_told_to(project: ProjectCopy) -> None:
    dates = ("2026-09-22", "2026-10-06")
    stopped = backfill(project, *dates)
    assert stopped.exit_code == ExitCode.NOT_READY, stopped.output
    assert "[1/3] 2026-09-22 done" in stopped.output
    assert "[2/3] 2026-09-29 not ready" in stopped.output
    assert "usage runs from" in stopped.output
    assert "1 of 3 dates did not run. To continue, pass --from 2026-09-29" in stopped.output
    row = next(line for line in stopped.output.splitlines() if "│ 2026-09-22" in line)
    assert "telco_churn_test 1" in row
    assert scored_customers(project, "2026-09-22") in row
    refused = next(line for line in stopped.output.splitlines() if "│ 2026-09-29" in line)
    assert "as_of=2026-09-29 is outside the data" in refused
    on = backfill(project, *dates, "--keep-going")
    assert on.exit_code == ExitCode.NOT_READY
    assert "[3/3] 2026-10-06 not ready" in on.output


def test_each_date_has_a_run_of_mlflow_and_ctrl_c_calls_its_own_killed(
    project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{project.path}/mlflow.db")
    before = len(list_runs())
    plan = commit_plan.plan_commit

    def interrupt_the_second(champion: Any, score_history: Any, as_of: AsOf, clock: Any) -> Any:
        if str(as_of) == "2026-09-21":
            raise KeyboardInterrupt
        return plan(champion, score_history, as_of, clock)

    monkeypatch.setattr(commit_plan, "plan_commit", interrupt_the_second)
    result = backfill(project, "2026-09-14", "2026-09-28")
    assert result.exit_code == ExitCode.STOPPED, result.output
    made = list_runs()[before:]
    assert [run.data.params["as_of"] for run in made] == ["2026-09-14", "2026-09-21"]
    assert [run.info.status for run in made] == ["FINISHED", "KILLED"]
    assert mlflow.active_run() is None


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["2026-09-28", "2026-09-14"], "2026-09-14 is before --from 2026-09-28"),
        (["yesterday", "2026-09-14"], "Invalid date 'yesterday': expected YYYY-MM-DD."),
        (["2026-09-14", "2026-09-28", "--every", "0d"], "step '0d': expected days or weeks"),
        (["2026-09-14", "2026-09-28", "--params", "as_of=2026-01-01"], "Remove as_of from --pa"),
        (["2026-09-14", "2026-09-28", "--params", "as_off=1"], "Unknown parameter 'as_off'"),
        (["2026-09-14", "2026-09-28", "--pipeline", "scorin"], "Unknown pipeline 'scorin'"),
        (["2026-09-14", "2026-09-28", "--env", "nope"], "Unknown environment 'nope'"),
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(
    arguments: list[str], expected: str, project: ProjectCopy
) -> None:
    result = backfill(project, *arguments, "--keep-going")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert result.output.count(expected) == 1
    assert "did not run" not in result.output


def test_a_date_is_brought_back_by_its_version(project: ProjectCopy) -> None:
    done = project.run(
        "--pipelines", "scoring", "--params", "decision.campaign_capacity=1,scoring.rescore=true"
    )
    assert done.exit_code == 0, done.output
    assert contacts(project) == 1
    restored = call(
        project, "scores", "restore", "--env", "test", "--as-of", "2026-09-28", "--version", "0"
    )
    assert restored.exit_code == 0, restored.output
    assert contacts(project) > 1
    again = call(
        project, "scores", "restore", "--env", "test", "--as-of", "2026-09-28", "--version", "0"
    )
    assert again.exit_code == ExitCode.NOTHING_TO_DO
    assert "already has the rows of version 0" in again.output
    every = call(project, "scores", "history", "--env", "test", "--as-of", "2026-09-28")
    assert every.output.count("2026-09-28") == 3
    wrong = call(
        project, "scores", "restore", "--env", "test", "--as-of", "2026-09-28", "--version", "9"
    )
    assert wrong.exit_code == ExitCode.WRONG_CALL
    assert "expected one of [0, 1, 2]" in wrong.output
    never = call(
        project, "scores", "restore", "--env", "test", "--as-of", "2025-01-01", "--version", "0"
    )
    listed = call(project, "scores", "history", "--env", "test", "--as-of", "2025-01-01")
    for result in (never, listed):
        assert result.exit_code == ExitCode.WRONG_CALL
        assert "No scores found for as_of=2025-01-01: 1 dates have some" in result.output


def list_runs() -> list[Run]:
    """List the MLflow runs, oldest first."""
    experiment = mlflow.get_experiment_by_name("telco_churn_test")
    assert experiment is not None
    client = mlflow.MlflowClient()
    runs = client.search_runs([experiment.experiment_id], order_by=["start_time"])
    return list(runs)


def scored_customers(project: ProjectCopy, day: str) -> str:
    scores: pd.DataFrame = DeltaTable(scores_of(project)).to_pandas()
    return str(int((scores["as_of"].astype(str) == day).sum()))


def contacts(project: ProjectCopy) -> int:
    scores: pd.DataFrame = DeltaTable(scores_of(project)).to_pandas()
    return int(scores.loc[scores["as_of"].astype(str) == "2026-09-28", "contact"].sum())
