"""The hook of kedro-mlflow sees its own datasets only, and describes runs in readable tags."""

from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog

from telco_churn.hooks import MlflowHook
from telco_churn.hooks.mlflow_hook import describe_call, describe_commit
from tests.kedro_asof.fixtures import git

ENTRIES: dict[str, dict[str, Any]] = {
    "roc_auc": {"type": "kedro_mlflow.io.metrics.MlflowMetricDataset"},
    "of_another_run": {"type": "a_package_that_is_not_installed.Dataset"},
}


def test_a_metric_gets_the_name_of_its_entry_and_no_other_dataset_is_imported() -> None:
    catalog = DataCatalog.from_config(ENTRIES)
    MlflowHook().after_catalog_created(catalog, ENTRIES)
    assert catalog["roc_auc"].key == "roc_auc"


def test_a_call_is_described_by_its_options_and_its_command() -> None:
    call = {
        "env": "test",
        "kedro_version": "1.7.0",
        "pipeline_names": ["features", "training"],
        "to_nodes": ["training.fit_candidate"],
        "from_nodes": [],
        "tags": None,
        "runner": "<kedro.runner.sequential_runner.SequentialRunner object at 0x7f>",
    }
    assert describe_call(call) == {
        "env": "test",
        "pipeline_names": "features,training",
        "to_nodes": "training.fit_candidate",
        "runner": "SequentialRunner",
        "kedro_command": "kedro run --env test --pipelines features,training "
        "--to-nodes training.fit_candidate",
    }


def test_the_call_of_all_pipelines_has_no_options() -> None:
    expected = {"runner": "SequentialRunner", "kedro_command": "kedro run"}
    assert describe_call({"runner": "None"}) == expected  # Kedro's default
    assert describe_call({"runner": "ThreadRunner"})["runner"] == "ThreadRunner"


def test_a_run_is_tagged_with_its_commit_and_whether_files_differ_from_it(repository: Path) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    tags = {"mlflow.source.git.commit": sha, "git_commit": sha}
    assert describe_commit(repository) == tags | {"git_is_clean": "true"}
    (repository / "file").write_text("2")
    assert describe_commit(repository) == tags | {"git_is_clean": "false"}


def test_without_git_a_run_has_no_tag_of_a_commit(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert describe_commit(repository) == {}
