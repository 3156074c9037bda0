"""MLflow runs of killed processes are marked; other runs never are."""

import logging
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import pytest
from filelock import FileLock

from telco_churn.hooks import MarkKilledRunsHook
from telco_churn.registry.killed_runs import RUNS


@pytest.fixture(scope="module", autouse=True)
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path_factory.mktemp('registry')}/runs.db")
    mlflow.set_experiment(experiment_id="0")
    yield
    mlflow.set_tracking_uri(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of locks, which does not exist yet."""
    return tmp_path / "data" / RUNS


def make_hook(project: Path, data: str = "data") -> MarkKilledRunsHook:
    hook = MarkKilledRunsHook()
    hook.after_context_created(make_context(project, data))
    return hook


def make_context(project: Path, data: str = "data") -> Any:
    return SimpleNamespace(config_loader={"globals": {"data": data}}, project_path=project)


def leave_run(folder: Path) -> str:
    """Create a run and its lock file, as a killed process leaves them."""
    run_id = mlflow.MlflowClient().create_run("0").info.run_id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / run_id).touch()
    (folder / run_id).write_text(str((folder / run_id).stat().st_ino))
    return str(run_id)


def run_once(hook: MarkKilledRunsHook) -> None:
    with mlflow.start_run(experiment_id="0"):
        hook.before_pipeline_run()
    hook.after_pipeline_run()


def read_status(run_id: str) -> str:
    return str(mlflow.get_run(run_id).info.status)


def test_a_run_without_an_owner_is_marked_and_its_file_removed(folder: Path) -> None:
    run_id = leave_run(folder)
    run_once(make_hook(folder.parents[1]))
    assert read_status(run_id) == "KILLED"
    assert list(folder.iterdir()) == []


def test_a_run_with_an_owner_is_left_alone(folder: Path) -> None:
    run_id = leave_run(folder)
    with FileLock(folder / run_id):
        run_once(make_hook(folder.parents[1]))
    assert read_status(run_id) == "RUNNING"


def test_a_run_that_has_ended_keeps_its_status(folder: Path) -> None:
    run_id = leave_run(folder)
    mlflow.MlflowClient().set_terminated(run_id, "FAILED")
    run_once(make_hook(folder.parents[1]))
    assert read_status(run_id) == "FAILED"


def test_a_run_goes_on_while_its_own_hook_looks(folder: Path) -> None:
    hook = make_hook(folder.parents[1])
    with mlflow.start_run(experiment_id="0") as run:
        hook.before_pipeline_run()
        run_id = run.info.run_id
        assert [file.name for file in folder.iterdir()] == [run_id]
        mlflow.MlflowClient().set_terminated(run_id, "RUNNING")
        assert read_status(run_id) == "RUNNING"
    hook.on_pipeline_error()
    assert list(folder.iterdir()) == []


def test_a_copy_of_the_project_marks_nothing(folder: Path, tmp_path: Path) -> None:
    """The copied lock file of a running run is free, but does not belong to that run."""
    run_id = leave_run(folder)
    shutil.copytree(tmp_path / "data", tmp_path / "copy" / "data")
    run_once(make_hook(tmp_path / "copy"))
    assert read_status(run_id) == "RUNNING"


def test_a_run_of_another_registry_is_dropped_without_a_word(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / leave_run(folder)).rename(folder / "0123456789abcdef0123456789abcdef")
    with caplog.at_level(logging.INFO):
        run_once(make_hook(folder.parents[1]))
    assert list(folder.iterdir()) == []
    assert caplog.text == ""


def test_a_run_that_is_opened_again_for_each_node_is_closed_for_good(folder: Path) -> None:
    hook = make_hook(folder.parents[1])
    run_id = mlflow.start_run(experiment_id="0").info.run_id
    hook.before_pipeline_run()
    mlflow.start_run(run_id=run_id, nested=True)
    hook.after_pipeline_run()
    assert mlflow.active_run() is None
    assert read_status(run_id) == "FINISHED"


def test_a_run_that_ctrl_c_ended_is_killed_before_the_next_begins(folder: Path) -> None:
    hook = make_hook(folder.parents[1])
    run_id = mlflow.start_run(experiment_id="0").info.run_id
    hook.before_pipeline_run()
    hook.after_context_created(make_context(folder.parents[1]))
    assert mlflow.active_run() is None
    assert read_status(run_id) == "KILLED"
    assert list(folder.iterdir()) == []


def test_a_request_in_another_thread_leaves_the_run_alone(folder: Path) -> None:
    hook = make_hook(folder.parents[1])
    with mlflow.start_run(experiment_id="0") as run:
        hook.before_pipeline_run()
        with ThreadPoolExecutor(1) as other:
            other.submit(hook.after_context_created, make_context(folder.parents[1])).result()
        assert [file.name for file in folder.iterdir()] == [run.info.run_id]
        assert read_status(run.info.run_id) == "RUNNING"
    hook.after_pipeline_run()


def test_a_run_that_began_outside_is_left_to_its_owner(folder: Path) -> None:
    with mlflow.start_run(experiment_id="0"):
        time.sleep(0.01)
        hook = make_hook(folder.parents[1])
        hook.before_pipeline_run()
        hook.after_pipeline_run()
        assert mlflow.active_run() is not None
    assert not folder.exists()


def test_an_object_store_has_no_locks(tmp_path: Path) -> None:
    run_once(make_hook(tmp_path, "s3://bucket/data"))
    assert not (tmp_path / "s3:").exists()


def test_without_a_run_of_mlflow_nothing_is_left(folder: Path) -> None:
    hook = make_hook(folder.parents[1])
    hook.before_pipeline_run()
    hook.after_pipeline_run()
    assert not folder.exists()


def test_what_goes_wrong_is_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "data").write_text("a file where a folder should be")
    run_once(make_hook(tmp_path))
    records = [each for each in caplog.records if each.name.startswith("telco_churn")]
    (record,) = records
    assert "Could not mark killed runs in MLflow" in record.getMessage()


def test_where_the_file_system_has_no_locks_nothing_is_marked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = leave_run(folder)
    monkeypatch.setattr("filelock._unix.lock_fd_nonblocking", raise_not_implemented)
    run_once(make_hook(folder.parents[1]))
    assert read_status(run_id) == "RUNNING"
    assert [file.name for file in folder.iterdir()] == [run_id]


def raise_not_implemented(_: int) -> bool:
    raise OSError(38, "Function not implemented")
