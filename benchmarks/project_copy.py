"""Copies the project's configuration, so that a measured run leaves the project's data alone.

In: a folder. Out: a Kedro project in it, with the code of this environment.
"""

import shutil
from pathlib import Path

from benchmarks.sample_operator import PROJECT


def copy_project(folder: Path) -> None:
    """Make a Kedro project with this project's configuration, without data."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROJECT / "conf", folder / "conf")
    for file in ("pyproject.toml", ".telemetry"):
        shutil.copy(PROJECT / file, folder)
    (folder / "src").mkdir()
