"""Each library is a wheel of its own, which passes its own tests without this project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

pytestmark = pytest.mark.slow

LIBRARIES = [file.parent.name for file in sorted(PROJECT.glob("src/*/pyproject.toml"))]
EXTRAS = {"kedro_asof": "[figures,flat-table,postgresql]", "kedro_wandb": "[mlflow]"}
SHARED = ("__init__.py", "postgresql.py", "processes.py", "wandb_files.py")


def run(folder: Path, *command: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a command that sees nothing of this environment."""
    hidden = ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS")
    clean = {name: value for name, value in os.environ.items() if name not in hidden}
    path = os.pathsep.join([str(folder / "venv" / "bin"), "/usr/bin", "/bin"])
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder,
        env=clean | {"PATH": path, "KEDRO_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}{done.stderr[-3000:]}"
    return done


def install(folder: Path, *asked: str) -> None:
    """Make an empty environment in a folder, and install into it in the tested versions."""
    uv = Path(sys.executable).parent / "uv"
    run(folder, uv, "venv", "--quiet", "--python", Path(sys.executable).resolve(), "venv")
    lock = PROJECT / "requirements-dev.lock"
    run(folder, uv, "pip", "install", "--python", "venv", "--constraint", lock, *asked)


def build(library: str, folder: Path) -> Path:
    """Build the wheel of a library in a folder."""
    uv = Path(sys.executable).parent / "uv"
    run(folder, uv, "build", "--wheel", "--out-dir", folder, PROJECT / "src" / library)
    (wheel,) = folder.glob(f"{library}-*.whl")
    return wheel


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_passes_its_tests_where_only_its_wheel_is_installed(
    library: str, tmp_path: Path
) -> None:
    group = f"{PROJECT}/src/{library}/pyproject.toml:test"
    install(tmp_path, f"{build(library, tmp_path)}{EXTRAS[library]}", "--group", group)
    for name in SHARED:
        if (PROJECT / "tests" / name).exists():
            (tmp_path / "tests").mkdir(exist_ok=True)
            shutil.copy(PROJECT / "tests" / name, tmp_path / "tests")
    shutil.copytree(PROJECT / "tests" / library, tmp_path / "tests" / library)
    found = run(tmp_path, "venv/bin/python", "-c", f"import {library}; print({library}.__file__)")
    assert "site-packages" in found.stdout
    fixtures = ["-p", f"tests.{library}.fixtures"] if library == "kedro_asof" else []
    tests = ["-m", "pytest", "-q", "-m", "not slow", *fixtures, f"tests/{library}"]
    done = run(tmp_path, "venv/bin/python", *tests)
    assert "passed" in done.stdout
    assert not {"telco_churn", "kedro_mlflow" if library == "kedro_asof" else "kedro_asof"} & {
        path.name for path in tmp_path.glob("venv/lib/*/site-packages/*")
    }


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_needs_no_more_than_its_wheel_asks_for(library: str, tmp_path: Path) -> None:
    install(tmp_path, str(build(library, tmp_path)))
    code = (
        f"import importlib, pkgutil, {library} as it\n"
        "for each in pkgutil.walk_packages(it.__path__, it.__name__ + '.'):\n"
        "    if not each.name.endswith('figure'):\n"  # the extra `figures`
        "        importlib.import_module(each.name)"
    )
    run(tmp_path, "venv/bin/python", "-c", code)
