"""conf/sweep.yml names existing parameters with allowed values, and its command runs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wandb.sdk.launch.sweeps.utils import (
    create_sweep_command,
    create_sweep_command_args,
    load_sweep_config,
)

from telco_churn.parameters import BLOCKS
from tests.conftest import PROJECT, ProjectCopy, read_parameters
from tests.kedro_wandb.tiny_project import TinyProject
from tests.wandb_files import WrittenRun

SPACE_KEYS = {"min", "max", "distribution", "value", "values", "q"}
# W&B does not close the file that it reads.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file.*sweep.yml:ResourceWarning")
WHOLE = ("q_log_uniform_values", "q_uniform", "int_uniform")


@pytest.fixture(scope="module")
def sweep() -> dict[str, Any]:
    read = load_sweep_config(str(PROJECT / "conf" / "sweep.yml"))
    assert read is not None
    return read


def list_bounds(space: dict[str, Any]) -> list[Any]:
    found = [space[key] for key in ("min", "max", "value") if key in space]
    return [*found, *space.get("values", [])]


def set_parameter(name: str, value: Any) -> None:
    """Set one value in its block, as `--params` does; raises if the block rejects the value."""
    block, *path = name.split(".")
    content = read_parameters(block) if block != "as_of" else value
    inner = content
    for part in path[:-1]:
        inner = inner[part]
    if path:
        assert path[-1] in inner, name
        inner[path[-1]] = value
    BLOCKS[block].model_validate(content)


def test_each_bound_is_a_value_that_its_parameter_takes(sweep: dict[str, Any]) -> None:
    for name, space in sweep["parameters"].items():
        assert set(space) <= SPACE_KEYS
        for value in list_bounds(space):
            whole = isinstance(value, int) and space.get("distribution") not in WHOLE
            assert not (whole and "min" in space), f"{name} would be drawn between whole numbers"
            set_parameter(name, value)


def test_the_check_would_find_a_wrong_name_and_a_wrong_value() -> None:
    with pytest.raises(AssertionError, match="num_leafs"):
        set_parameter("lightgbm.num_leafs", 7)
    with pytest.raises(ValueError, match="learning_rate"):
        set_parameter("lightgbm.learning_rate", "fast")


def test_the_metric_is_one_that_training_logs(
    sweep: dict[str, Any], finished_project: ProjectCopy
) -> None:
    (folder,) = finished_project.path.glob("wandb/offline-run-*")
    assert sweep["metric"]["name"] in WrittenRun(folder).summary


@pytest.mark.slow
def test_a_run_takes_the_ids_that_an_agent_gives(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    project.run(WANDB_RUN_ID="agents01", WANDB_SWEEP_ID="sweep001")
    (folder,) = project.find_runs()
    run = WrittenRun(folder).run
    assert (run.run_id, run.sweep_id) == ("agents01", "sweep001")


@pytest.mark.slow
def test_the_command_that_an_agent_makes_runs(sweep: dict[str, Any], project: ProjectCopy) -> None:
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    drawn = {name: list_bounds(space)[0] for name, space in sweep["parameters"].items()}
    command = {"args": {name: {"value": value} for name, value in drawn.items()}}
    words = {**create_sweep_command_args(command), "env": ["/usr/bin/env"]}
    line: list[str] = []
    for word in create_sweep_command(sweep["command"]):
        line += words[word[2:-1]] if word.startswith("${") else [str(word)]
    known = {name: value for name, value in os.environ.items() if "WANDB" not in name}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    own = {
        "PATH": path,
        "WANDB_RUN_ID": "agents02",
        "WANDB_BASE_URL": "http://127.0.0.1:9",  # no server, so the upload fails
        "KEDRO_ENV": "test",
        "KEDRO_DISABLE_TELEMETRY": "true",
    }
    before = (project.data / "06_models" / "promotion_log.jsonl").read_text()
    done = subprocess.run(
        line, cwd=project.path, env=known | own, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Cannot upload the W&B run: 127.0.0.1:9" in done.stdout + done.stderr
    (folder,) = project.path.glob("wandb/offline-run-*-agents02")
    written = WrittenRun(folder)
    assert written.config["lightgbm"]["num_leaves"] == 4
    assert written.config["as_of"] == "2026-08-03"
    assert isinstance(written.summary["log_loss"], float)
    metrics = json.loads((project.data / "08_reporting" / "evaluation_metrics.json").read_text())
    assert written.summary["log_loss"] == metrics["log_loss"]
    assert (project.data / "06_models" / "promotion_log.jsonl").read_text() == before


@pytest.mark.slow
def test_training_warns_of_no_long_parameter(project: ProjectCopy) -> None:
    """Without the hook, kedro-mlflow warns of each one when its node runs."""
    result = project.run("--pipelines", "training")
    assert result.exit_code == 0
    assert "truncated" not in result.output
    assert "is set as a tag" not in result.output
