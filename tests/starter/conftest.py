"""The starter, which is made once for all tests."""

from pathlib import Path

import pytest
from filelock import FileLock

from starter import build


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The starter; the first process of pytest-xdist makes it, the others wait."""
    own = tmp_path_factory.getbasetemp()
    made = (own if worker_id == "master" else own.parent) / "starter"
    with FileLock(f"{made}.lock"):
        if not made.exists():
            build.write_starter(made.with_suffix(".new"))
            made.with_suffix(".new").rename(made)
    return made
