"""Choose the commit to compare with.

In: the name of a commit, or none. Out: a `Base`.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from kedro_asof.errors import WrongCallError, take_first_line

CODE = ("src", "conf", "pyproject.toml", ".telemetry")  # what a run depends on


@dataclass(frozen=True)
class Base:
    """A commit.

    Attributes:
        sha: Its full hash.
        name: Its short hash and its subject.
        reason: Why it was chosen.
    """

    sha: str
    name: str
    reason: str


def choose_base(project: Path, ref: str | None) -> Base:
    """Return the named commit; else HEAD if the working tree differs from it, or the one before.

    Raises:
        WrongCallError: Without git, outside a repository, or when there is no such commit.
    """
    if ref:
        reason = "chosen with --base"
    elif _git(project, "status", "--porcelain", "--", *CODE):
        ref, reason = "HEAD", "HEAD, because the working tree differs from it"
    else:
        ref, reason = "HEAD~1", "the commit before, because the working tree is that of HEAD"
    try:
        sha = _git(project, "rev-parse", "--verify", f"{ref}^{{commit}}")
    except WrongCallError as error:
        advice = f"Found {ref}: name a commit, branch or tag with --base."
        raise WrongCallError(f"{error} {advice}") from error
    return Base(sha, _git(project, "log", "-1", "--format=%h %s", sha, "--"), reason)


def _git(project: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *arguments], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise WrongCallError("Missing command git: `kedro try` compares commits.") from error
    if done.returncode:
        found = take_first_line(done.stderr).removeprefix("fatal: ").rstrip(".")
        raise WrongCallError(f"Cannot find a commit to compare with: {found}.")
    return done.stdout.strip()
