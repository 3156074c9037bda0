"""The runs in W&B and MLflow name each other, and MLflow has each parameter in full."""

import json
import sqlite3
from pathlib import Path

import pytest

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.wandb_files import WrittenRun


def read_tags(project: Path) -> list[dict[str, str]]:
    """Return the tags of each MLflow run, the latest last, with its `status` and `id`."""
    with sqlite3.connect(project / "mlflow.db") as database:
        runs = database.execute("select run_uuid, status from runs order by start_time").fetchall()
        tags = database.execute("select run_uuid, key, value from tags").fetchall()
    return [
        {"id": run, "status": status} | {key: value for owner, key, value in tags if owner == run}
        for run, status in runs
    ]


def find_written(project: Path, run_id: str) -> WrittenRun:
    (folder,) = project.glob(f"wandb/offline-run-*-{run_id}")
    return WrittenRun(folder)


def test_each_run_names_the_other(finished_project: ProjectCopy) -> None:
    (tags,) = read_tags(finished_project.path)
    written = find_written(finished_project.path, tags["wandb_run_id"])
    assert tags["wandb_run_path"] == f"telco_churn_test/{tags['wandb_run_id']}"
    assert written.config["mlflow_run_id"] == tags["id"]


def test_the_mlflow_run_has_a_name_and_tags_for_people(finished_project: ProjectCopy) -> None:
    (tags,) = read_tags(finished_project.path)
    assert tags["mlflow.runName"] == "__default__ 2026-09-28"
    assert tags["kedro_command"] == "kedro run --env test"
    assert tags["runner"] == "SequentialRunner"
    assert "run_id" not in tags


def test_parameters_are_whole_and_one_by_one(finished_project: ProjectCopy) -> None:
    with sqlite3.connect(finished_project.path / "mlflow.db") as database:
        params = dict(database.execute("select key, value from params").fetchall())
    assert params["lightgbm.num_leaves"] == "7"
    assert params["reasons.templates.plan"] == "on the plan {value}"
    (file,) = finished_project.path.glob("mlruns/*/artifacts/parameters.json")
    assert json.loads(file.read_text())["reasons"]["templates"]["plan"]


def test_mlflow_has_plots_and_the_digests_of_data(finished_project: ProjectCopy) -> None:
    assert len(list(finished_project.path.glob("mlruns/*/artifacts/plots/*.png"))) == 8
    with sqlite3.connect(finished_project.path / "mlflow.db") as database:
        digests = dict(database.execute("select name, digest from datasets").fetchall())
    (folder,) = finished_project.path.glob("wandb/offline-run-*")
    artifacts = WrittenRun(folder).artifacts()
    for name in ("raw_usage", "customer_features", "training_examples", "churn_scores"):
        full = json.loads(artifacts[name].metadata)["digest"]
        assert digests[name] == full[: len(digests[name])]


def test_the_delta_table_has_its_version_and_rows(finished_project: ProjectCopy) -> None:
    (folder,) = finished_project.path.glob("wandb/offline-run-*")
    facts = json.loads(WrittenRun(folder).artifacts()["churn_scores"].metadata)
    assert (facts["version"], facts["digest_of"]) == ("0", "version")
    assert facts["rows"] > 700


def test_what_is_given_at_the_call_is_redacted_in_mlflow_too(project: ProjectCopy) -> None:
    project.edit("conf/base/wandb.yml", "columns: [content,", "columns: [holdout_name, content,")
    given = "as_of=2020-01-01,decision.holdout_name=secretly"
    project.run("--pipelines", "scoring", "--params", given)
    tags = read_tags(project.path)[-1]
    assert json.loads(tags["runtime_params"]) == {"as_of": "2020-01-01", "decision": {}}
    with sqlite3.connect(project.path / "mlflow.db") as database:
        assert "secretly" not in "".join(database.iterdump())


@pytest.mark.slow
def test_a_run_without_a_model_has_the_fingerprint_of_its_data(project: ProjectCopy) -> None:
    fingerprint = read_tags(project.path)[-1]["data_fingerprint"]
    result = project.run("--pipelines", "training", "--to-nodes", "evaluation.report_metrics")
    assert result.exit_code == 0, result.output
    assert read_tags(project.path)[-1]["data_fingerprint"] == fingerprint
    with sqlite3.connect(project.path / "mlflow.db") as database:
        versions = database.execute(
            "select value from model_version_tags where key = 'data_fingerprint'"
        ).fetchall()
    assert versions == [(fingerprint,)]


@pytest.mark.parametrize(
    ("runner", "pipeline", "exit_code"),
    [
        ("ThreadRunner", "features", ExitCode.WRONG_CALL),
        ("ParallelRunner", "features", ExitCode.WRONG_CALL),
        (
            "ThreadRunner",
            "rollback",
            ExitCode.INVALID_INPUT,
        ),  # no champion exists before the first run
    ],
)
def test_runners_that_would_fail_half_way_are_refused(
    runner: str, pipeline: str, exit_code: ExitCode, project: ProjectCopy
) -> None:
    before = len(read_tags(project.path))
    result = project.run("--pipelines", pipeline, "--runner", runner)
    assert result.exit_code == exit_code, result.output
    is_refused = exit_code == ExitCode.WRONG_CALL
    assert (f"Cannot run this pipeline with {runner}" in result.output) == is_refused
    assert (len(read_tags(project.path)) == before) == is_refused


def test_the_model_links_scoring_to_the_training_that_made_it(project: ProjectCopy) -> None:
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    result = project.run("--pipelines", "scoring", "--params", "scoring.rescore=true")
    assert result.exit_code == 0, result.output
    training, scoring = (
        [
            record.artifact
            for record in find_written(project.path, tags["wandb_run_id"]).records
            if record.HasField("artifact") and record.artifact.type == "model"
        ]
        for tags in read_tags(project.path)[-2:]
    )
    made = {
        json.loads(each.metadata)["version"]: each for each in training if not each.use_after_commit
    }
    (used,) = scoring
    assert used.use_after_commit
    assert (
        json.loads(used.metadata)["path"]
        == f"models:/telco_churn_test/{json.loads(used.metadata)['version']}"
    )

    same = made[json.loads(used.metadata)["version"]]
    assert (used.name, used.digest) == (same.name, same.digest)


def test_a_run_that_fails_is_failed_in_both(project: ProjectCopy) -> None:
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    result = project.run("--pipelines", "scoring", "--params", "as_of=2020-01-01")
    assert result.exit_code == ExitCode.INVALID_INPUT
    tags = read_tags(project.path)[-1]
    assert tags["status"] == "FAILED"
    assert find_written(project.path, tags["wandb_run_id"]).exit_code == 1
