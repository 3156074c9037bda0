"""Tracking can never fail a run, and knows which datasets it was asked to log."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.config import MissingConfigException
from pydantic import ValidationError

from telco_churn.tracking import WandbHook
from tests.conftest import ProjectCopy
from tests.wandb_files import read_records


class Loader(dict[str, Any]):
    def __missing__(self, key: str) -> Any:
        raise MissingConfigException(key)


def hook(folder: Path, **config: Any) -> WandbHook:
    made = WandbHook()
    loader = Loader(wandb={"project": "p", "mode": "offline"} | config)
    made.after_context_created(
        SimpleNamespace(config_loader=loader, env="test", project_path=folder)
    )
    return made


CATALOG = SimpleNamespace(load=lambda _name: {"rate": 0.5})


def test_an_unknown_key_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="projet"):
        hook(tmp_path, projet="p")


def test_an_unknown_thing_to_log_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="'metrics' or 'table'"):
        hook(tmp_path).after_catalog_created({"a": {"metadata": {"wandb": {"log": "everything"}}}})


def test_without_a_configuration_nothing_is_tracked(tmp_path: Path) -> None:
    made = WandbHook()
    made.after_context_created(
        SimpleNamespace(config_loader=Loader(), env=None, project_path=tmp_path)
    )
    made.before_pipeline_run({}, CATALOG)
    made.after_dataset_saved("a", {})
    made.after_pipeline_run()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_said_once_and_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "wandb").write_text("a file where a folder should be")
    made = hook(tmp_path)
    made.before_pipeline_run({"pipeline_names": ["scoring"]}, CATALOG)
    made.after_dataset_saved("a", {})
    made.after_pipeline_run()
    assert len([record for record in caplog.records if "W&B" in record.message]) == 1


def test_data_that_cannot_be_logged_is_said_once_and_the_run_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = hook(tmp_path)
    made.after_catalog_created({"scores": {"metadata": {"wandb": {"log": "metrics"}}}})
    made.before_pipeline_run({"pipeline_names": ["scoring"]}, CATALOG)
    made.after_dataset_saved("scores", "no metrics at all")
    made.after_dataset_saved("scores", "nor here")
    assert "does not track this run" in caplog.text
    made.is_broken = False
    made.on_pipeline_error()


def test_a_failed_run_is_marked_failed(project: ProjectCopy) -> None:
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    known = set(project.path.glob("wandb/offline-run-*"))
    result = project.run("--pipelines", "scoring", "--params", "as_of=2020-01-01")
    assert result.exit_code == 1
    (folder,) = set(project.path.glob("wandb/offline-run-*")) - known
    (file,) = folder.glob("*.wandb")
    (exit_code,) = [
        record.exit.exit_code for record in read_records(file) if record.HasField("exit")
    ]
    assert exit_code == 1


def test_without_wandb_installed_the_run_goes_on(
    project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    monkeypatch.setitem(sys.modules, "wandb", None)
    result = project.run("--pipelines", "scoring")
    assert result.exit_code == 0, result.output
