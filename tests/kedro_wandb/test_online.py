"""If W&B's server fails, an online run ends like an offline run."""

import time
from pathlib import Path

import pytest

from tests.kedro_wandb.bad_server import FAULTS, serve
from tests.kedro_wandb.tiny_project import TinyProject, TinyRun
from tests.wandb_files import WrittenRun

KEY = "0123456789" * 4
FINISH = 12  # seconds; the time limit in wandb.yml
START_OF_ALL = 30  # seconds to start Python, Kedro, pandas and W&B on a busy machine


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return TinyProject.write(tmp_path_factory.mktemp("offline")).run()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_does_wrong_changes_nothing(
    fault: str, offline: TinyRun, tmp_path: Path
) -> None:
    project = TinyProject.write(tmp_path, timeouts={"start": 30, "finish": FINISH})
    with serve(fault) as (address, seen):
        began = time.monotonic()
        run = project.run(WANDB_API_KEY=KEY, WANDB_BASE_URL=address)
        took = time.monotonic() - began
    assert (run.exit_code, run.outputs) == (offline.exit_code, offline.outputs) == (0, run.outputs)
    assert took < FINISH + START_OF_ALL
    assert seen or fault == "refuses"
    (folder,) = project.find_runs()
    assert run.output.count("wandb sync") == 1
    assert f"wandb sync wandb/{folder.name}" in run.output
    written = WrittenRun(folder)
    assert written.summary["test_mean"] == 9.0
    assert written.exit_code == 0
    assert not list(folder.glob("*.synced"))
    assert "Cannot upload the W&B run: " in run.output
    if fault == "refuses":
        assert "cannot be reached" in run.output
        assert took < START_OF_ALL


@pytest.mark.slow
def test_what_fails_online_is_marked_failed_and_left_to_send(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path, timeouts={"start": 30, "finish": 4})
    with serve("answers 500") as (address, _):
        run = project.run(WANDB_API_KEY=KEY, WANDB_BASE_URL=address, TINY_FAILS="yes")
    assert run.exit_code == 1
    assert "the node fails" in run.output
    (folder,) = project.find_runs()
    assert WrittenRun(folder).exit_code == 1
    assert f"wandb sync wandb/{folder.name}" in run.output


@pytest.mark.slow
def test_the_reason_for_a_refused_key_is_in_the_log(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    with serve("answers 401") as (address, _):
        run = project.run(WANDB_API_KEY="short", WANDB_BASE_URL=address)
    assert run.exit_code == 0
    assert "API key must have 40+ characters" in run.output
    (folder,) = project.find_runs()
    assert f"wandb sync wandb/{folder.name}" in run.output
