"""Finds the packages of the lock files that a project needs.

In: a version of `pyproject.toml`. Out: names of packages, as `uv pip compile` resolves them within
the lock files of this project.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[1]
# The options of `make lock`, by lock file.
LOCKS: dict[str, Sequence[str]] = {
    "requirements.lock": ("--extra", "build"),
    "requirements-dev.lock": ("--all-extras",),
}
NAME = re.compile(r"^([a-z0-9._-]+)==", re.MULTILINE)
PACKAGE = re.compile(rf"{NAME.pattern}.*\n(?:    --hash.*\n)+", re.MULTILINE)


def list_packages(pyproject: str, lock: str) -> list[str]:
    """Return the packages of a lock file that a project needs.

    Raises:
        RuntimeError: When uv finds no solution within the lock file.
    """
    uv = str(Path(sys.prefix) / "bin" / "uv")
    command = [uv, "pip", "compile", "--quiet", "--universal", "--no-annotate", "--no-header"]
    command += ["--python-version", "3.11", "--constraints", str(PROJECT / lock), *LOCKS[lock]]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "pyproject.toml").write_text(pyproject)
        done = subprocess.run(
            [*command, "pyproject.toml"], cwd=folder, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"Cannot resolve the packages of {lock}: {done.stderr}")
    return sorted(set(NAME.findall(done.stdout)))
