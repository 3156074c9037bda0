"""Who scores is decided by proof or by a person, and can be taken back."""

import json

import pytest
from mlflow import MlflowClient

from telco_churn.errors import ExitCode
from tests.conftest import ProjectCopy


def read_log(project: ProjectCopy) -> list[dict[str, object]]:
    lines = (project.data / "06_models" / "promotion_log.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def champion_of(project: ProjectCopy, alias: str = "champion") -> int:
    client = MlflowClient(f"sqlite:///{project.path}/mlflow.db")
    return int(client.get_model_version_by_alias("telco_churn_test", alias).version)


@pytest.mark.slow
def test_the_same_training_again_is_a_challenger_that_a_person_can_promote_and_take_back(
    project: ProjectCopy,
) -> None:
    result = project.run("--pipelines", "training")
    assert result.exit_code == 0, result.output
    promotion = json.loads((project.data / "06_models" / "promotion.json").read_text())
    assert promotion["standing"] == "challenger"
    assert "a difference of +0.00" in promotion["reasons"][0]
    assert (champion_of(project), champion_of(project, "challenger")) == (1, 2)

    result = project.run("--pipelines", "promote", "--params", "version=2")
    assert result.exit_code == 0, result.output
    assert "champion is now version 2" in result.output
    assert champion_of(project) == 2
    entry = read_log(project)[-1]
    moved = [entry[key] for key in ("action", "from_version", "to_version")]
    assert moved == ["promoted", 1, 2]
    assert entry["by"]

    result = project.run("--pipelines", "rollback")
    assert result.exit_code == 0, result.output
    assert champion_of(project) == 1
    result = project.run("--pipelines", "rollback")
    assert result.exit_code == ExitCode.REFUSED
    assert "Error: " in result.output
    assert champion_of(project) == 1


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
        assert result.exit_code in {ExitCode.FAILED, ExitCode.REFUSED, ExitCode.WRONG_CALL}
        message = result.output[result.output.index("Error: ") :]
        assert [part for part in expected if part not in message] == [], message
    assert champion_of(project) == 1
    assert read_log(project) == before
