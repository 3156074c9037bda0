"""The last line of a failed run is its error: what was found, where, and what to do."""

import os
import shutil
from pathlib import Path

import pytest

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.processes import AS_ANY_USER, start_run

pytestmark = pytest.mark.slow

LOG = Path("07_model_output", "churn_scores", "_delta_log")


def run_to_end(project: ProjectCopy, *arguments: str, prefix: tuple[str, ...] = ()) -> list[str]:
    """Return the exit code, then the output lines of a run."""
    with start_run(project, *arguments, prefix=prefix) as run:
        output, _ = run.communicate()
    assert "Traceback" not in output
    assert "<unknown>" not in output  # a backtrace of Rust
    return [str(run.returncode), *output.rstrip().splitlines()]


@pytest.mark.parametrize(
    ("place", "arguments"),
    [
        ("02_intermediate", ["--pipelines", "ingestion"]),
        ("04_feature", ["--pipelines", "training"]),
        (".", ["--pipelines", "promote", "--params", "version=1"]),
    ],
)
def test_a_folder_that_cannot_be_written_is_named(
    place: str, arguments: list[str], project: ProjectCopy
) -> None:
    is_root = os.geteuid() == 0
    if is_root and shutil.which("setpriv") is None:
        pytest.skip("root may write anywhere here")
    folder = project.data / place if place != "." else project.path / "mlflow.db"
    folder.chmod(0o555)
    code, *lines = run_to_end(project, *arguments, prefix=AS_ANY_USER if is_root else ())
    folder.chmod(0o755)
    assert code == str(int(ExitCode.FAILED))
    assert lines[-1].startswith("Error: ")
    assert "ermission denied" in lines[-1]
    assert folder.name in lines[-1]
    said_of_it = [line for line in lines if " INFO " not in line]
    assert len(said_of_it) < 8, lines


@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_delta_log_that_is_cut_off_is_named_and_the_date_is_not_scored_again(
    kept: float, project: ProjectCopy
) -> None:
    (commit,) = (project.data / LOG).glob("*.json")
    content = commit.read_bytes()
    commit.write_bytes(content[: int(kept * len(content))])
    before = project.snapshot()
    code, *lines = run_to_end(project, "--pipelines", "scoring")
    assert code == str(int(ExitCode.INVALID_INPUT))
    assert lines[-1].startswith(f"Error: Broken commit: {commit} is ")
    assert "Restore the file from a backup" in lines[-1]
    assert "churn_scores away" in lines[-1]
    changed = {path for path, content in project.snapshot().items() if before.get(path) != content}
    assert [path for path in changed if "churn_scores" in path or "contact_list" in path] == []
