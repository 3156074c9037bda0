"""Logs carry the date, are JSON on request, and are the same in every folder of the project."""

import json
import re

import pytest

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.end_to_end.test_faults import type_command

pytestmark = pytest.mark.slow

SCORING = "kedro run --env test --pipelines scoring --params as_of="
TRAINING = "kedro run --env test --pipelines training"
DATED = re.compile(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d (INFO|WARNING) ")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (TRAINING, ExitCode.DONE),
        (f"{SCORING}2026-09-21", ExitCode.DONE),
        (f"{SCORING}2026-09-28", ExitCode.NOTHING_TO_DO),
        (f"{SCORING}2020-01-01", ExitCode.INVALID_INPUT),
    ],
)
def test_every_line_is_one_json_object(
    command: str, code: ExitCode, project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_FORMAT", "json")
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    ended, output = type_command(project, command)
    entries = [json.loads(line) for line in output.splitlines()]
    assert ended == code
    assert all({"time", "level", "logger", "message"} <= set(entry) for entry in entries)
    if code is ExitCode.INVALID_INPUT:
        assert (entries[-1]["level"], entries[-1]["exit_code"]) == ("ERROR", code)
        assert "as_of=2020-01-01 is outside the data" in entries[-1]["message"]
    else:
        assert any("version 1" in entry["message"] for entry in entries)


def test_a_folder_of_the_project_has_the_same_registry_and_log(project: ProjectCopy) -> None:
    place = f"sqlite:///{project.path}/mlflow.db"
    project.edit("conf/base/mlflow.yml", place, "sqlite:///${in_project:mlflow.db}")
    folder = ProjectCopy(project.path / "docs" / "notes")
    folder.path.mkdir(parents=True)
    code, output = type_command(folder, f"{SCORING}2026-09-21")
    assert code == ExitCode.DONE, output
    assert "telco_churn_test version 1" in output
    assert list(folder.path.iterdir()) == []
    # Kedro's own first line is before it.
    start = output.index("Kedro project telco_churn")
    log = output[output.rindex("\n", 0, start) + 1 : output.index("\n\n")].splitlines()
    assert [line for line in log if not DATED.match(line)] == []
