"""Notebooks run on the tables of a finished run, change nothing, and are stored without outputs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT, ProjectCopy

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
by_name = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read_cells(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_text())["cells"]


@by_name
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    cells = [cell for cell in read_cells(path) if cell["cell_type"] == "code"]
    stored = [cell["source"] for cell in cells if cell["outputs"] or cell["execution_count"]]
    assert not stored, "Run `make format`."


@pytest.mark.slow
@by_name
def test_a_notebook_runs_and_changes_no_table(
    path: Path, finished_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = finished_project.snapshot()
    folder = finished_project.path / "notebooks"
    folder.mkdir(exist_ok=True)
    shutil.copy(path, folder)
    monkeypatch.setenv("KEDRO_ENV", "test")
    # Rich, of the default configuration, would keep the message of an error from nbconvert.
    monkeypatch.setenv("KEDRO_LOGGING_CONFIG", str(PROJECT / "conf" / "logging.yml"))
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--inplace"]
    run = subprocess.run(
        [*command, str(folder / path.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    outputs = [one for cell in read_cells(folder / path.name) for one in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert finished_project.snapshot() == before
