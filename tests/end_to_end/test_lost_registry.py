"""A registry that is lost or unreachable ends a run with one clear line, without its password."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.postgresql import PASSWORD, require_postgresql, start_postgresql
from tests.processes import read_until, start_run

pytestmark = pytest.mark.slow

SECONDS = 30  # limit from the loss of the registry to the end of the run


def use_registry(project: ProjectCopy, address: str) -> None:
    project.edit("conf/base/mlflow.yml", f"sqlite:///{project.path}/mlflow.db", address)
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")


def list_files_with(text: str, folder: Path) -> list[str]:
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".yml")
    return [str(file) for file in files if text.encode() in file.read_bytes()]


@pytest.fixture
def run(project: ProjectCopy) -> Iterator[subprocess.Popen[str]]:
    """Yield a training run that has lost its registry, a PostgreSQL server."""
    require_postgresql()
    with start_postgresql() as server:
        use_registry(project, server.address("mlflow"))
        nodes = "training.read_examples,release.describe_operator"
        arguments = ["--pipelines", "training", "--from-nodes", nodes]
        with start_run(project, *arguments) as started:
            seen = list(read_until(started, ": training.fit_candidate"))
            assert "fit_candidate" in seen[-1], seen
            started.send_signal(signal.SIGSTOP)
            server.lose()
            started.send_signal(signal.SIGCONT)
            yield started
            started.kill()


def test_a_database_that_is_lost_during_a_run_is_one_line_and_a_quick_end(
    run: subprocess.Popen[str], project: ProjectCopy
) -> None:
    lost = time.monotonic()
    output, _ = run.communicate()
    assert time.monotonic() - lost < SECONDS
    assert run.returncode == ExitCode.FAILED
    lines = output.rstrip().splitlines()
    assert lines[-1].startswith("Error: MLflow's registry at postgresql+psycopg://***@127.0.0.1:")
    assert "Connection refused. The champion is unchanged." in lines[-1]
    assert "Start the registry, or correct its address: mlflow_tracking_uri" in lines[-1]
    assert "Traceback" not in output
    assert len(lines) < 25, output
    assert PASSWORD not in output
    assert list_files_with(PASSWORD, project.path) == []


@pytest.mark.parametrize(
    ("address", "code", "expected"),
    [
        (f"mysql+pymysql://u:{PASSWORD}@h/db", ExitCode.WRONG_CALL, "No module named 'pymysql'"),
        (f"postgresql+nodriver://u:{PASSWORD}@h/db", ExitCode.WRONG_CALL, "'psycopg[binary]'"),
        (f"postgresql://u:{PASSWORD}@h:port/db", ExitCode.WRONG_CALL, "correct the address"),
        (
            f"postgres9://u:{PASSWORD}@h/db",
            ExitCode.WRONG_CALL,
            "Invalid registry 'postgres9://***@h",
        ),
        (f"postgresql://u:{PASSWORD}@127.0.0.1:9/db", ExitCode.FAILED, "does not answer"),
        (f"http://u:{PASSWORD}@127.0.0.1:9", ExitCode.FAILED, "at http://***@127.0.0.1:9 does"),
    ],
)
def test_a_registry_that_cannot_be_used_is_named_without_its_password(
    address: str, code: ExitCode, expected: str, project: ProjectCopy
) -> None:
    use_registry(project, address)
    with start_run(project, "--pipelines", "promote", "--params", "version=1") as run:
        output, _ = run.communicate()
    assert run.returncode == code, output
    last = output.rstrip().splitlines()[-1]
    assert last.startswith("Error: ")
    assert expected in last
    assert "Traceback" not in output
    assert PASSWORD not in output
