"""Pruning deletes the intermediate tables of old dates and keeps the scores."""

import re
import shutil
from datetime import date, timedelta

import pytest
from click.testing import CliRunner, Result
from deltalake import DeltaTable
from kedro.framework.startup import bootstrap_project

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.kedro_asof.datasets.small_scores import table

INTERMEDIATE = ["churn_predictions", "contact_reasons", "customer_features"]
OLDER, OLD, DAY = "2026-09-14", "2026-09-21", "2026-09-28"


def prune(project: ProjectCopy, *arguments: str) -> Result:
    bootstrap_project(project.path)
    from telco_churn.cli import cli  # noqa: PLC0415  (needs a bootstrapped project)

    arguments = ("scores", "prune", "--env", "test", *arguments)
    return CliRunner(catch_exceptions=False).invoke(cli, list(arguments))


@pytest.fixture
def with_old_dates(project: ProjectCopy) -> ProjectCopy:
    for name in INTERMEDIATE:
        (of_date,) = project.data.glob(f"0*/{name}/as_of={DAY}")
        for day in (OLDER, OLD):
            shutil.copytree(of_date, of_date.with_name(f"as_of={day}"))
    return project


def dates_of(project: ProjectCopy) -> set[str]:
    folders = [
        folder for name in INTERMEDIATE for folder in project.data.glob(f"0*/{name}/as_of=*")
    ]
    return {folder.name.removeprefix("as_of=") for folder in folders}


def test_dates_before_one_are_deleted_and_no_score(with_old_dates: ProjectCopy) -> None:
    scores = DeltaTable(with_old_dates.data / "07_model_output" / "churn_scores")
    listed = prune(with_old_dates, "--before", DAY, "--dry-run")
    assert listed.exit_code == ExitCode.DONE
    assert all(name in listed.output for name in INTERMEDIATE)
    assert re.search(r"Would free [\d,.]+ MB\.", listed.output)
    assert dates_of(with_old_dates) == {OLDER, OLD, DAY}
    deleted = prune(with_old_dates, "--before", DAY)
    assert re.search(r"Freed [\d,.]+ MB\.", deleted.output)
    assert dates_of(with_old_dates) == {DAY}
    assert scores.to_pyarrow_table().num_rows > 0
    assert (
        "Nothing to delete for dates before 2026-09-28"
        in prune(with_old_dates, "--before", DAY).output
    )


def test_tiles_that_only_earlier_dates_read_are_deleted(project: ProjectCopy) -> None:
    tiles = project.data / "04_feature" / "usage_tiles"
    first_read = date.fromisoformat(DAY) - timedelta(days=84)
    weeks = {date.fromisoformat(file.parent.name[5:]) for file in tiles.glob("week=*/*.parquet")}
    assert min(weeks) < first_read <= max(weeks)
    assert "usage_tiles" in prune(project, "--before", DAY).output
    left = {date.fromisoformat(file.parent.name[5:]) for file in tiles.glob("week=*/*.parquet")}
    assert left == {week for week in weeks if week >= first_read}
    assert DeltaTable(tiles).to_pyarrow_table().num_rows > 0


def test_a_date_that_a_run_is_at_stays(with_old_dates: ProjectCopy) -> None:
    with table(with_old_dates.data / "07_model_output" / "churn_scores", OLD).lock():
        result = prune(with_old_dates, "--before", DAY)
    assert result.exit_code == ExitCode.NOT_READY
    assert f"working on as_of={OLD}" in result.output
    assert dates_of(with_old_dates) == {OLDER, OLD, DAY}


def test_a_wrong_date_is_a_wrong_call(project: ProjectCopy) -> None:
    result = prune(project, "--before", "yesterday")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert "Invalid date 'yesterday': expected YYYY-MM-DD." in result.output
