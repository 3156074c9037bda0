"""The git commit of a project, so that a run can name the code that it ran."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

GIT_SECONDS = 5  # time limit for git, for repositories on slow disks


@dataclass(frozen=True)
class Commit:
    """The git commit of a project: its full hash, and whether its tracked files are unchanged."""

    sha: str
    is_clean: bool


def find_commit(project: Path) -> Commit | None:
    """Return the current commit; None without git, outside a repository or before a commit."""
    command = ["git", "-C", str(project), "status", "--porcelain=v2", "--branch"]
    try:
        answer = subprocess.run(
            [*command, "--untracked-files=no"],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    first, *rest = answer.stdout.splitlines()
    sha = first.removeprefix("# branch.oid ")
    is_clean = all(line.startswith("#") for line in rest)
    return None if sha == "(initial)" else Commit(sha, is_clean)
