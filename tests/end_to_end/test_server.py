"""Kedro's server runs one request after another, each with separate MLflow and W&B runs."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import mlflow
import pandas as pd
import pytest
from deltalake import DeltaTable
from mlflow.entities import Run

from tests.conftest import ProjectCopy
from tests.processes import find_free_port

pytestmark = pytest.mark.slow

SECONDS_TO_START = 180
PLANS = {"date": "valid_from", "windows": [364], "measures": {"monthly_price": ["mean"]}}


class Server:
    """`kedro server start --env test` on a free port of the loopback interface."""

    def __init__(self, project: ProjectCopy) -> None:
        port = str(find_free_port())
        self._address = f"http://127.0.0.1:{port}"
        self._log = (project.path / "server.log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kedro", "server", "start", "--env", "test", "--port", port],
            cwd=project.path,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait(self) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < deadline:
            assert self._process.poll() is None
            try:
                urllib.request.urlopen(f"{self._address}/health", timeout=1).close()
                return
            except (urllib.error.URLError, TimeoutError):
                time.sleep(0.2)
        raise TimeoutError(f"no answer from {self._address}")

    def run(self, pipeline: str, **params: Any) -> dict[str, Any]:
        """Request a run, and wait for its end."""
        body = json.dumps({"pipeline_names": [pipeline], "params": params}).encode()
        request = urllib.request.Request(
            f"{self._address}/run", body, {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            ended: dict[str, Any] = json.load(answer)
        return ended

    def end(self) -> int:
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(60)
        finally:
            self._process.kill()
            self._log.close()


@pytest.fixture
def server(project: ProjectCopy) -> Iterator[Server]:
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    started = Server(project)
    try:
        started.wait()
        yield started
    finally:
        started.end()


def list_runs() -> list[Run]:
    """Return the MLflow runs, oldest first."""
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name("telco_churn_test")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id], order_by=["start_time"]))


def list_wandb_ids(project: ProjectCopy) -> set[str]:
    folders = (project.path / "wandb").glob("offline-run-*")
    return {folder.name.rpartition("-")[2] for folder in folders}


def count_scores(project: ProjectCopy) -> dict[str, int]:
    scores: pd.DataFrame = DeltaTable(project.data / "07_model_output" / "churn_scores").to_pandas()
    return {str(day): int(rows) for day, rows in scores["as_of"].value_counts().items()}


def test_each_run_of_a_server_has_its_own_date_pipelines_and_tracking(
    project: ProjectCopy, server: Server
) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{project.path}/mlflow.db")
    before, ids_before = len(list_runs()), list_wandb_ids(project)
    asked: list[tuple[str, dict[str, Any], str]] = [
        ("scoring", {"as_of": "2026-08-31"}, "FINISHED"),
        ("scoring", {"as_of": "2026-09-07"}, "FINISHED"),
        (
            "features",
            {"as_of": "2026-09-14", "features": {"windows": {"subscriptions": PLANS}}},
            "FINISHED",
        ),
        ("scoring", {"as_of": "2031-01-01"}, "FAILED"),  # after the end of the data
        ("training", {"as_of": "2026-09-28"}, "FINISHED"),
    ]
    answers = [server.run(pipeline, **params) for pipeline, params, _ in asked]
    assert [answer["status"] for answer in answers] == [
        "success" if status == "FINISHED" else "failure" for _, _, status in asked
    ], answers
    assert "as_of=2031-01-01 is outside the data" in answers[3]["error"]["message"]

    made = list_runs()[before:]
    assert [run.info.status for run in made] == [status for _, _, status in asked]
    names = [f"{pipeline} {params['as_of']}" for pipeline, params, _ in asked]
    assert [run.info.run_name for run in made] == names
    assert [run.data.params["as_of"] for run in made] == [params["as_of"] for _, params, _ in asked]
    assert not any("mlflow.parentRunId" in run.data.tags for run in made)
    with_plans = [any(".subscriptions." in name for name in run.data.params) for run in made]
    assert with_plans == [False, False, True, False, False]

    tagged = [run.data.tags["wandb_run_id"] for run in made]
    assert len(set(tagged)) == len(asked)
    assert set(tagged) == list_wandb_ids(project) - ids_before

    scored = count_scores(project)
    assert {"2026-08-31", "2026-09-07"} <= set(scored)
    assert "2031-01-01" not in scored
    for day, has_plans in (("2026-09-07", False), ("2026-09-14", True)):
        folder = project.data / "04_feature" / "customer_features" / f"as_of={day}"
        columns = pd.read_parquet(folder / "features.parquet").columns
        assert any(column.startswith("subscriptions_") for column in columns) == has_plans


def test_of_two_requests_at_once_a_server_runs_one(project: ProjectCopy, server: Server) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{project.path}/mlflow.db")
    before = len(list_runs())
    days = ["2026-07-06", "2026-07-13"]
    with ThreadPoolExecutor(len(days)) as pool:
        answers = list(pool.map(lambda day: server.run("scoring", as_of=day), days))
    refused = [answer["error"] for answer in answers if answer["status"] == "failure"]
    assert [error["type"] for error in refused] == ["NotReadyError"], answers
    assert "Another run is working in this process" in refused[0]["message"]
    (done,) = [
        day for day, answer in zip(days, answers, strict=True) if answer["status"] == "success"
    ]
    assert set(count_scores(project)) == {"2026-09-28", done}
    assert len(list_runs()) == before + 1
    again = server.run("scoring", as_of=next(day for day in days if day != done))
    assert again["status"] == "success"
    assert set(count_scores(project)) == {"2026-09-28", *days}
