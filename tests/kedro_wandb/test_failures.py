"""However W&B fails, the Kedro run ends as it does without tracking."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kedro_wandb.tiny_project import TinyProject, TinyRun
from tests.wandb_files import WrittenRun


@pytest.fixture(scope="module")
def untracked(tmp_path_factory: pytest.TempPathFactory) -> TinyRun:
    return TinyProject.write(tmp_path_factory.mktemp("untracked"), mode="disabled").run()


def assert_unhurt(run: TinyRun, untracked: TinyRun) -> None:
    assert run.exit_code == untracked.exit_code == 0, run.output
    assert run.outputs == untracked.outputs


@pytest.mark.slow
def test_disabled_leaves_nothing(untracked: TinyRun, tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    assert_unhurt(project.run(WANDB_MODE="disabled"), untracked)
    assert not (project.path / "wandb").exists()


@pytest.mark.slow
def test_without_wandb_installed_one_line_says_so(untracked: TinyRun, tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    (project.path / "src" / "wandb.py").write_text("raise ImportError('no such package')\n")
    run = project.run()
    assert_unhurt(run, untracked)
    assert run.output.count("W&B") == 1
    assert "wandb is not installed" in run.output


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_one_warning(untracked: TinyRun, tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path, folder="taken/below")
    (project.path / "taken").write_text("a file where a folder should be")
    run = project.run()
    assert_unhurt(run, untracked)
    assert run.output.count("W&B") == 1


@pytest.mark.slow
def test_a_disk_that_is_full_does_not_stop_the_run(untracked: TinyRun, tmp_path: Path) -> None:
    """With a limit of 8 KiB per file, the outputs fit and the W&B run does not."""
    project = TinyProject.write(tmp_path, datasets={}, timeouts={"start": 30, "finish": 10})
    catalog = project.path / "conf" / "base" / "catalog.yml"
    catalog.write_text(
        catalog.read_text().replace("matplotlib.MatplotlibDataset", "pickle.PickleDataset")
    )
    nodes = project.path / "src" / "tiny" / "nodes.py"
    nodes.write_text(nodes.read_text().replace("metrics, figure, prepared", "metrics, 1, prepared"))
    run = project.run(limit_kilobytes="8")
    assert_unhurt(run, untracked)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB, if the machine allows mounting."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs permission to mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("taken", [0, 40_000, 60_000])
def test_on_a_full_disk_no_line_claims_that_the_run_is_kept(
    taken: int, small_disk: Path, untracked: TinyRun, tmp_path: Path
) -> None:
    (small_disk / "taken").write_bytes(b"x" * taken)
    project = TinyProject.write(
        tmp_path / "project", folder=str(small_disk), timeouts={"start": 30, "finish": 20}
    )
    run = project.run()
    assert_unhurt(run, untracked)
    assert "Traceback" not in run.output
    assert "Logging error" not in run.output
    assert "saved offline" not in run.output
    told = [line for line in run.output.splitlines() if "W&B" in line]
    assert len(told) == 1, run.output


@pytest.mark.slow
def test_a_service_that_ended_long_ago_costs_nothing(untracked: TinyRun, tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    run = project.run(WANDB_SERVICE="3-1-unix-/tmp/nobody.sock")
    assert_unhurt(run, untracked)
    (folder,) = project.find_runs()
    assert WrittenRun(folder).exit_code == 0


@pytest.mark.slow
def test_after_sigterm_a_run_is_closed_and_ends(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    (tmp_path / "tmp").mkdir()
    process = start(project, seconds="20", TMPDIR=str(tmp_path / "tmp"))
    wait_for_service(process.pid)
    wait_until(lambda: any(project.find_runs()))
    time.sleep(2)
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGTERM, output  # 143 to a shell
    assert time.monotonic() - began < 12
    (folder,) = project.find_runs()
    assert WrittenRun(folder).exit_code == 143
    assert not list((tmp_path / "tmp").glob("kedro-wandb-*"))


@pytest.mark.slow
def test_one_dataset_that_cannot_be_logged_costs_that_alone(
    untracked: TinyRun, tmp_path: Path
) -> None:
    asked = {"raw": {"log": "table"}, "amounts_plot": {"log": "metrics"}}
    project = TinyProject.write(tmp_path, datasets=asked)
    run = project.run()
    assert_unhurt(run, untracked)
    assert run.output.count("W&B did not track") == 1
    expected = "amounts_plot (TypeError: expected a dictionary of metrics, found Figure)"
    assert expected in run.output
    (folder,) = project.find_runs()
    assert WrittenRun(folder).summary["test_mean"] == 9.0


@pytest.mark.slow
def test_a_failed_run_fails_as_before_and_is_marked_failed(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    run = project.run(TINY_FAILS="yes")
    assert run.exit_code == 1
    assert "the node fails" in run.output
    (folder,) = project.find_runs()
    assert WrittenRun(folder).exit_code == 1


@pytest.mark.slow
@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_a_wandb_process_that_dies_or_hangs_does_not_delay_the_run(
    fate: signal.Signals, untracked: TinyRun, tmp_path: Path
) -> None:
    project = TinyProject.write(tmp_path, timeouts={"start": 30, "finish": 6})
    process = start(project, seconds="4")
    service = wait_for_service(process.pid)
    os.kill(service, fate)
    began = time.monotonic()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert project.read_outputs() == untracked.outputs
    assert time.monotonic() - began < 30
    assert "W&B stopped before the end" in output
    assert "wandb sync" in output
    assert not Path(f"/proc/{service}").exists()


@pytest.mark.slow
def test_a_run_that_is_killed_leaves_what_it_had(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    process = start(project, seconds="5")
    service = wait_for_service(process.pid)
    wait_until((project.path / "data" / "prepared.csv").exists)
    time.sleep(3)  # W&B writes every second
    process.kill()
    process.communicate()
    wait_until(lambda: not Path(f"/proc/{service}").exists())
    (folder,) = project.find_runs()
    assert WrittenRun(folder).config["rate"] == 2.0
    assert "prepared_table" in WrittenRun(folder).tables()


@pytest.mark.slow
def test_an_interrupted_run_is_marked_so(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    process = start(project, seconds="20")
    wait_for_service(process.pid)
    wait_until(lambda: any(project.find_runs()))
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    (folder,) = project.find_runs()
    assert WrittenRun(folder).exit_code not in {0, None}


def start(project: TinyProject, seconds: str, **more: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        project.command("SequentialRunner"),
        cwd=project.path,
        env=project.full_environment(TINY_SECONDS=seconds, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for_service(parent: int) -> int:
    """Return the process that W&B has started for a run, once it writes."""
    found: list[int] = []

    def find() -> bool:
        children = Path(f"/proc/{parent}/task/{parent}/children")
        tasks = Path(f"/proc/{parent}/task").glob("*/children") if children.exists() else []
        for task in tasks:
            for child in task.read_text().split():
                if "wandb-core" in Path(f"/proc/{child}/cmdline").read_text():
                    found.append(int(child))
        return bool(found)

    wait_until(find)
    time.sleep(3)  # time for the run to reach its first node
    return found[0]


def wait_until(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads processes from /proc")
