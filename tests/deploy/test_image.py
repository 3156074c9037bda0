"""The image without a Docker engine: the files that would be copied, and the real entry point."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from docker.utils.build import exclude_paths

from tests.conftest import PROJECT, ProjectCopy

ENTRYPOINT = "deploy/docker/entrypoint.sh"
TELLING = """#!{python}
import os, sys
print(os.getpid(), *sys.argv[1:], flush=True)
sys.exit(int(os.environ["CODE"]))
"""
WAITING = """#!{python}
import os, time
print(os.getpid(), flush=True)
time.sleep(60)
"""
FOREIGN = {
    ".env",
    ".git/config",
    "conf/local/credentials.yml",
    "data/01_raw/customers/part.parquet",
    "deploy/airflow/requirements.lock",
    "mlflow.db",
    "mlruns/1/model.txt",
    "src/telco_churn.egg-info/PKG-INFO",
    "src/telco_churn/__pycache__/cli.pyc",
    "tests/conftest.py",
}


def list_context(root: Path) -> set[str]:
    """Return the files that `docker build` would send, computed by Docker's client library."""
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    return {path for path in exclude_paths(str(root), patterns) if (root / path).is_file()}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the project as cloned, then add files that work leaves behind."""
    root = tmp_path_factory.mktemp("source")
    clean = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("conf", "deploy", "src"):
        shutil.copytree(PROJECT / folder, root / folder, ignore=clean)
    locks = ("requirements.lock", "requirements-dev.lock")
    for file in ("pyproject.toml", ".telemetry", "Dockerfile", *locks):
        shutil.copy(PROJECT / file, root)
    for path in FOREIGN:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


@pytest.fixture(scope="module")
def context(source: Path) -> set[str]:
    return list_context(source)


def test_nothing_private_and_nothing_left_over_gets_into_the_image(context: set[str]) -> None:
    assert not context & FOREIGN
    # Docker always sends its Dockerfile, but no COPY uses it.
    folders = {path.split("/")[0] for path in context - {"Dockerfile"}}
    assert folders == {
        ".telemetry",
        "conf",
        "deploy",
        "pyproject.toml",
        "requirements.lock",
        "src",
    }


def test_all_code_and_configuration_gets_into_the_image(source: Path, context: set[str]) -> None:
    made = {
        str(path.relative_to(source))
        for folder in ("conf", "src")
        for path in (source / folder).rglob("*")
        if path.is_file()
    }
    assert made - FOREIGN <= context


def test_whatever_the_dockerfile_copies_is_there(context: set[str]) -> None:
    copied = read_copied()
    assert "conf" in copied
    for source in copied:
        assert any(path == source or path.startswith(f"{source}/") for path in context), source


@pytest.mark.parametrize(
    ("arguments", "means"),
    [
        (
            ["scoring", "--params", "as_of=2026-09-28"],
            ["run", "--pipelines", "scoring", "--params", "as_of=2026-09-28"],
        ),
        (["ingestion,scoring"], ["run", "--pipelines", "ingestion,scoring"]),
        (["kedro", "registry", "list"], ["registry", "list"]),
    ],
)
@pytest.mark.parametrize("code", [0, 65, 75, 99])
def test_the_entry_point_becomes_kedro(
    tmp_path: Path, arguments: list[str], means: list[str], code: int
) -> None:
    environment = put_kedro(tmp_path, TELLING) | {"CODE": str(code)}
    with start(arguments, tmp_path, environment) as process:
        told, _ = process.communicate(timeout=20)
    assert told.split() == [str(process.pid), *means]
    assert process.returncode == code


@pytest.mark.parametrize("arguments", [[], ["--params", "as_of=2026-09-28"], ["/bin/sh"]])
def test_a_call_without_a_pipeline_says_how_to_call(tmp_path: Path, arguments: list[str]) -> None:
    with start(arguments, tmp_path, put_kedro(tmp_path, TELLING)) as process:
        told, error = process.communicate(timeout=20)
    assert (process.returncode, told) == (2, "")
    assert error.startswith("usage: scoring --params as_of=YYYY-MM-DD")


def test_the_first_process_of_a_container_ends_at_the_stop_signal(tmp_path: Path) -> None:
    [stop_signal] = re.findall(r"^STOPSIGNAL (\w+)", read_dockerfile(), re.MULTILINE)
    alone = ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine does not allow a new PID namespace")
    environment = put_kedro(tmp_path, WAITING)
    with start(["scoring"], tmp_path, environment, alone) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "1"
        [first] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        began = time.monotonic()
        os.kill(int(first), signal.Signals[stop_signal])
        process.communicate(timeout=20)
    assert time.monotonic() - began < 5
    assert process.returncode != 0


@pytest.mark.slow
def test_the_files_of_the_image_score_a_date(
    source: Path, context: set[str], finished_project: ProjectCopy, tmp_path: Path
) -> None:
    app, state = tmp_path / "app", tmp_path / "state"
    for path in context:
        (app / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source / path, app / path)
    state.mkdir()
    for name in read_linked():
        (app / name).symlink_to(state / name)
        left = finished_project.path / name
        if left.is_dir():
            shutil.copytree(left, state / name, dirs_exist_ok=True)
        elif left.exists():
            shutil.copy(left, state / name)
    environment = {
        "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "KEDRO_ENV": "test",
        "TELCO_CHURN_STATE": str(state),
    }
    before = {path for path in app.rglob("*") if "__pycache__" not in path.parts}
    with start(["scoring", "--params", "as_of=2026-08-31"], app, environment, [], app) as process:
        told, error = process.communicate(timeout=300)
    assert process.returncode == 0, told + error
    assert "customers scored as of 2026-08-31" in told
    after = {path for path in app.rglob("*") if "__pycache__" not in path.parts}
    assert after == before, "all outputs belong in the volume"


def put_kedro(folder: Path, script: str) -> dict[str, str]:
    """Write an executable `kedro` and return an environment that finds it."""
    kedro = folder / "bin" / "kedro"
    kedro.parent.mkdir()
    kedro.write_text(script.format(python=sys.executable))
    kedro.chmod(0o755)
    return {
        "PATH": f"{kedro.parent}:/usr/bin:/bin",
        "TELCO_CHURN_STATE": str(folder / "state"),
    }


def start(
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    before: list[str] | None = None,
    root: Path = PROJECT,
) -> subprocess.Popen[str]:
    command = [*(before or []), str(root / ENTRYPOINT), *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def read_dockerfile() -> str:
    return (PROJECT / "Dockerfile").read_text()


def read_copied() -> set[str]:
    """Return what COPY takes from the context."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", read_dockerfile(), re.MULTILINE)
    return {source for line in lines for source in line.split()}


def read_linked() -> list[str]:
    """Return the names of the links into the volume."""
    [names] = re.findall(r"for name in (.+); do ln -s", read_dockerfile())
    return names.split()
