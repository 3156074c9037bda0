"""MLflow gets datasets and statuses if a run is active, else nothing."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import mlflow
import pytest

from kedro_wandb.event_queue import Reference
from kedro_wandb.mlflow_link import MlflowLink

INTERRUPTED = """
import atexit, mlflow
from kedro_wandb.mlflow_link import MlflowLink
mlflow.set_tracking_uri("sqlite:///runs.db")
mlflow.start_run(experiment_id="0")
atexit.register(MlflowLink().end_as_killed)
raise KeyboardInterrupt
"""


def test_without_an_active_run_nothing_is_logged() -> None:
    link = MlflowLink()
    assert link.run_id is None
    link.set_tags({"a": "b"})
    link.log_datasets([Reference("a", "kedro://a", "d", is_input=True)])


def test_datasets_are_inputs_and_outputs_by_digest(tmp_path: Path) -> None:
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/runs.db")
    try:
        with mlflow.start_run(experiment_id="0") as run:  # ignores other tests
            MlflowLink().log_datasets(
                [
                    Reference("raw", "kedro://raw.csv", "d" * 64, is_input=True),
                    Reference("scores", "kedro://scores", "e" * 64, is_input=False),
                    Reference("unknown", "s3://bucket/there", "", is_input=True),
                ]
            )
        logged = mlflow.get_run(run.info.run_id).inputs.dataset_inputs
    finally:
        mlflow.set_tracking_uri(before)
    found = {each.dataset.name: (each.dataset.digest, each.tags[0].value) for each in logged}
    assert found == {"raw": ("d" * 36, "input"), "scores": ("e" * 36, "output")}


@pytest.mark.slow
def test_an_interrupted_run_is_killed_and_not_finished(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-c", INTERRUPTED], cwd=tmp_path, capture_output=True, check=False
    )
    with sqlite3.connect(tmp_path / "runs.db") as database:
        assert database.execute("select status from runs").fetchall() == [("KILLED",)]
