"""`kedro jupyter lab` starts, and its kernel has the catalog of the project."""

import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import requests
from nbclient import NotebookClient

from tests.conftest import ProjectCopy
from tests.processes import find_free_port

pytestmark = pytest.mark.slow

KERNEL = "kedro_telco_churn"
SECONDS = 120
CELLS = (
    "print(catalog.load('churn_scores').count().execute())",
    "print(catalog.load('champion').version)",
)


def test_a_notebook_has_the_catalog(project: ProjectCopy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(project.path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    monkeypatch.setenv("KEDRO_ENV", "test")
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    port = find_free_port()
    server = subprocess.Popen(
        [
            *("kedro", "jupyter", "lab", "--no-browser", "--allow-root"),
            *("--ip", "127.0.0.1", "--port", str(port), "--IdentityProvider.token=secret"),
        ],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        kernels = wait_for_kernels(port, server)
    finally:
        os.killpg(server.pid, 15)
        server.communicate()
    assert KERNEL in kernels
    (project.path / "notebooks").mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in CELLS])
    # A notebook runs in its own folder, not in that of the project.
    resources = {"metadata": {"path": str(project.path / "notebooks")}}
    NotebookClient(notebook, kernel_name=KERNEL, resources=resources, timeout=SECONDS).execute()
    printed = ["".join(out.get("text", "") for out in cell.outputs) for cell in notebook.cells]
    assert int(printed[0].split()[-1]) > 700
    assert printed[1].split()[-1] == "1"


def wait_for_kernels(port: int, server: "subprocess.Popen[str]") -> list[str]:
    """Return the kernels that the server offers, when it answers."""
    address = f"http://127.0.0.1:{port}/api/kernelspecs?token=secret"
    for _ in range(SECONDS):
        assert server.poll() is None, server.communicate()[0]
        try:
            return list(requests.get(address, timeout=5).json()["kernelspecs"])
        except requests.ConnectionError:
            time.sleep(1)
    raise AssertionError(f"JupyterLab did not answer within {SECONDS} seconds")
