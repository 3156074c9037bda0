"""What a run ran with: commit, Python, packages."""

import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

GIT_SECONDS = 5  # a repository on a slow disk is not worth more


def describe_environment(project: Path) -> dict[str, Any]:
    """Return `git_commit`, `git_is_clean` and `environment` for the run's configuration.

    The two of git are None outside of a repository.
    """
    commit = _ask_git(project, "rev-parse", "HEAD")
    changes = _ask_git(project, "status", "--porcelain", "--untracked-files=no")
    packages = {found.name.lower(): found.version for found in distributions() if found.name}
    return {
        "git_commit": commit or None,
        "git_is_clean": None if changes is None else not changes,
        "environment": {
            "python": platform.python_version(),
            "system": platform.system(),
            "packages": dict(sorted(packages.items())),
        },
    }


def _ask_git(project: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(project), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
