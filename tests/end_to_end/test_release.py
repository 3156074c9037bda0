"""The gate or a person decides which version scores, and a rollback undoes it."""

import json
import sqlite3

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy


def read_log(project: ProjectCopy) -> list[dict[str, object]]:
    lines = (project.data / "06_models" / "promotion_log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def champion_of(project: ProjectCopy, alias: str = "champion") -> int:
    client = MlflowClient(f"sqlite:///{project.path}/mlflow.db")
    return int(client.get_model_version_by_alias("telco_churn_test", alias).version)


def lose_files(project: ProjectCopy, version: int, *, is_lost: bool) -> None:
    if is_lost:
        with sqlite3.connect(project.path / "mlflow.db") as database:
            database.execute(
                "update model_versions set source = ?, storage_location = ? where version = ?",
                (*[str(project.path / "gone")] * 2, version),
            )


@pytest.mark.slow
def test_the_same_training_again_is_a_challenger_that_a_person_can_promote_and_take_back(
    project: ProjectCopy,
) -> None:
    result = project.run("--pipelines", "training")
    assert result.exit_code == 0, result.output
    promotion = json.loads((project.data / "06_models" / "promotion.json").read_text())
    assert promotion["status"] == "challenger"
    assert "a difference of +0.00" in promotion["reasons"][0]
    assert (champion_of(project), champion_of(project, "challenger")) == (1, 2)

    result = project.run("--pipelines", "promote", "--params", "version=2")
    assert result.exit_code == 0, result.output
    assert "champion is now version 2" in result.output
    assert champion_of(project) == 2
    with pytest.raises(MlflowException, match="challenger"):
        champion_of(project, "challenger")
    entry = read_log(project)[-1]
    moved = [entry[key] for key in ("action", "from_version", "to_version")]
    assert moved == ["promoted", 1, 2]
    assert entry["by"]

    result = project.run("--pipelines", "rollback")
    assert result.exit_code == 0, result.output
    assert champion_of(project) == 1
    result = project.run("--pipelines", "rollback")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "Error: " in result.output
    assert champion_of(project) == 1


@pytest.mark.slow
def test_more_test_dates_than_the_champion_had_compare_nothing(project: ProjectCopy) -> None:
    result = project.run("--pipelines", "training", "--params", "training.split.test_snapshots=4")
    assert result.exit_code == 0, result.output
    promotion = json.loads((project.data / "06_models" / "promotion.json").read_text())
    assert promotion["status"] == "challenger"
    assert "it has seen outcomes of the test period" in promotion["reasons"][0]
    assert champion_of(project) == 1


@pytest.mark.slow
def test_a_champion_that_cannot_be_loaded_is_left_behind_by_promotion_and_by_rollback(
    project: ProjectCopy,
) -> None:
    client = MlflowClient(f"sqlite:///{project.path}/mlflow.db")
    first = client.get_model_version("telco_churn_test", "1")
    for _ in range(2):
        client.create_model_version(first.name, first.source, first.run_id, tags=first.tags)
    moves = [
        (("promote", "--params", "version=2"), 2, "promoted"),
        (("rollback",), 1, "rolled_back"),
        (("promote", "--params", "version=3"), 3, "promoted"),
    ]
    before = 1
    for arguments, expected, action in moves:
        lose_files(project, before, is_lost=before != 1 or expected == 3)
        result = project.run("--pipelines", *arguments)
        assert result.exit_code == 0, result.output
        assert champion_of(project) == expected
        entry = read_log(project)[-1]
        moved = (entry["action"], entry["from_version"], entry["to_version"])
        assert moved == (action, before, expected)
        assert client.get_model_version(first.name, str(expected)).tags["status"] == "champion"
        before = expected


def test_what_cannot_be_promoted_is_refused_and_nothing_moves(project: ProjectCopy) -> None:
    before = read_log(project)
    refused = {
        "": ["version", "--params version="],
        "version=7": ["7", "[1]"],
        "version=1": ["Version 1", "already"],
        "version=latest": ["number of a registered version", "'latest'"],
    }
    for given, expected in refused.items():
        arguments = ["--params", given] if given else []
        result = project.run("--pipelines", "promote", *arguments)
        assert result.exit_code in {ExitCode.FAILED, ExitCode.INVALID_INPUT, ExitCode.WRONG_CALL}
        message = result.output[result.output.index("Error: ") :]
        assert [part for part in expected if part not in message] == [], message
    assert champion_of(project) == 1
    assert read_log(project) == before
