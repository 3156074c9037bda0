"""`kedro update`: take a later version of the starter into a project that `kedro new` made.

In: the folder or address of a starter, `.starter.yml` with the answers of `kedro new`, and the
branch `starter`, which holds what the starter made of them. Out: that branch with one more commit,
merged into the current branch.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import yaml

from kedro_asof.errors import InputError, InvalidDataError, WrongCallError, join_lines
from kedro_asof.project import find_project
from telco_churn.commands.exit_codes import explain_errors

BRANCH, ANSWERS = "starter", ".starter.yml"
# These are not merged: a project has the libraries of the starter, as a whole.
LIBRARIES = (
    "src/kedro_asof",
    "src/kedro_wandb",
    "tests/kedro_asof",
    "tests/kedro_wandb",
)


@click.command()
@click.argument("starter")
@click.option("--ref", metavar="TAG", help="Tag or branch of the git repository.")
@click.option("--no-tests", is_flag=True, help="Do not install and test after a clean merge.")
@explain_errors
def update(starter: str, ref: str | None, no_tests: bool) -> None:
    """Take a later version of STARTER, a folder or the address of a git repository.

    Example: kedro update git+https://example.org/starter.git --ref 0.3.0

    The project is made anew from its answers in .starter.yml and committed to the branch `starter`,
    which is then merged into the current branch. Conflicts are marked as in any merge. The
    libraries, src/kedro_*, are replaced as a whole, with their tests.
    """
    project = find_project()
    check_repository(project)
    answers = read_answers(project / ANSWERS)
    before = git(project, "rev-parse", "--short", "HEAD")
    old = git(project, "rev-parse", f"refs/heads/{BRANCH}")
    with tempfile.TemporaryDirectory() as folder:
        made = make_anew(fetch_starter(starter, ref, folder), answers, folder)
        new = commit_version(project, made, old)
    base = git(project, "merge-base", "HEAD", new)
    if base == new:
        click.echo("Nothing to update: this project contains that version of the starter.")
        return
    show_changes(project, base, new)
    merge_version(project, base, new, before)
    undo = f"To undo, type: git reset --hard {before}"
    click.echo(f"The update is committed. {undo}")
    if not no_tests:
        run_recipes(project, undo)


def check_repository(project: Path) -> None:
    """Check that git can merge a version here.

    Raises:
        WrongCallError: Without git, the branch `starter` or a clean working tree.
    """
    try:
        root = git(project, "rev-parse", "--show-toplevel")
    except (FileNotFoundError, InputError):
        root = ""
    if root != str(project.resolve()):
        raise WrongCallError(
            f"Cannot update: {project} is not a git repository of its own, or git is missing."
        )
    git(project, "var", "GIT_COMMITTER_IDENT")  # git says what to do without a name
    if run_git(project, "merge-base", "HEAD", f"refs/heads/{BRANCH}").returncode:
        raise WrongCallError(
            f"Cannot update: no branch {BRANCH!r} with a commit of this branch. Fetch both whole: "
            f"git fetch origin {BRANCH}:{BRANCH}, and git fetch --unshallow in a shallow clone. Or "
            f"create it at the commit of `kedro new`: git branch {BRANCH} COMMIT."
        )
    if run_git(project, "symbolic-ref", "--short", "HEAD").stdout.strip() == BRANCH:
        raise WrongCallError(f"Cannot update {BRANCH!r} itself. Type git switch, and your branch.")
    if changed := git(project, "diff", "--name-only", "HEAD").splitlines():
        raise WrongCallError(
            f"Cannot update: not committed: {', '.join(changed)}. Type git commit, or git merge "
            "--abort to leave an unfinished merge."
        )


def read_answers(file: Path) -> dict[str, str]:
    """Return the answers of `kedro new`, by question.

    Raises:
        InvalidDataError: When the file is missing or holds no answers.
    """
    answers = yaml.safe_load(file.read_text()) if file.exists() else None
    if not isinstance(answers, dict) or "project_name" not in answers:
        raise InvalidDataError(
            f"{ANSWERS} has no answers of `kedro new`: expected project_name and the other "
            "questions. Restore it from git, or write it; docs/how-to/update-a-project.md shows it."
        )
    return answers


def fetch_starter(starter: str, ref: str | None, folder: str) -> Path:
    """Return the folder of a starter, cloned below a folder when it is an address or has a tag.

    Raises:
        WrongCallError: When there is no starter, or it has no such tag.
    """
    found = Path(starter).resolve()
    if ref or not found.is_dir():
        address = str(found) if found.is_dir() else starter.removeprefix("git+")
        found = Path(folder) / "starter"
        branch = ["--branch", ref] if ref else []
        cloned = run_git(Path(folder), "clone", "--quiet", *branch, "--", address, str(found))
        if cloned.returncode:
            raise WrongCallError(f"Cannot fetch the starter: {join_lines(cloned.stderr)}")
    if not all((found / name).exists() for name in ("cookiecutter.json", "prompts.yml")):
        raise WrongCallError(
            f"{starter} is not a starter: expected a folder that `kedro new --starter` takes, with "
            "cookiecutter.json and prompts.yml, or the address of a git repository of it."
        )
    return found


def make_anew(starter: Path, answers: dict[str, str], folder: str) -> Path:
    """Make the project from a starter below a folder; questions without answer get the default.

    Raises:
        InputError: When the starter is another one, or does not take the answers.
    """
    defaults = json.loads((starter / "cookiecutter.json").read_text())
    questions = yaml.safe_load((starter / "prompts.yml").read_text())
    given = {name: answers.get(name, defaults.get(name, "")) for name in questions}
    target = Path(tempfile.mkdtemp(dir=folder))
    config = target.with_suffix(".yml")
    config.write_text(yaml.safe_dump(given))
    command = [sys.executable, "-m", "kedro", "new", f"--starter={starter}", f"--config={config}"]
    # The new project becomes a repository of its own, also below the folder of another one.
    own = {"KEDRO_DISABLE_TELEMETRY": "true", "GIT_CEILING_DIRECTORIES": str(target)}
    done = subprocess.run(
        command, cwd=target, env=os.environ | own, capture_output=True, text=True, check=False
    )
    made = [file.parent for file in target.glob(f"*/{ANSWERS}")]
    if done.returncode or not made:
        shown = join_lines((done.stdout + done.stderr)[-500:])
        raise InputError(f"The starter makes no project of the answers in {ANSWERS}: {shown}")
    return made[0]


def commit_version(project: Path, made: Path, old: str) -> str:
    """Commit a new project to the branch `starter`, unless it is there, and return the commit.

    The branch moves in one step, so that a stopped update leaves it whole.
    """
    git(project, "fetch", "--quiet", "--no-tags", str(made), "HEAD")
    tree = git(project, "rev-parse", "FETCH_HEAD^{tree}")
    if tree == git(project, "rev-parse", f"{old}^{{tree}}"):
        return old
    new = git(project, "commit-tree", tree, "-p", old, "-m", "Take a later version of the starter")
    git(project, "update-ref", f"refs/heads/{BRANCH}", new, old)
    return new


def show_changes(project: Path, old: str, new: str) -> None:
    """Show the share of each folder in the changed lines, and what is new in CHANGELOG.md."""
    shares = git(project, "diff", "--shortstat", "--dirstat=lines,2", old, new)
    news = git(project, "diff", "--unified=0", old, new, "--", "CHANGELOG.md").splitlines()
    lines = [line[1:] for line in news if line.startswith("+") and line[:3] != "+++"]
    click.echo(f"The starter changed:\n{shares}")
    if lines:
        click.echo("\n  ".join(["New in CHANGELOG.md:", *lines]))


def merge_version(project: Path, base: str, new: str, before: str) -> None:
    """Merge a commit of the starter into the current branch, and replace the libraries.

    Raises:
        InputError: When git refuses the merge, or leaves conflicts to a person.
    """
    libraries = git(project, "ls-tree", "-d", "--name-only", new, "--", *LIBRARIES).split()
    changed = [
        set(git(project, "diff", "--name-only", other, "HEAD", "--", *libraries).splitlines())
        for other in (base, new)
    ]
    merged = run_git(project, "merge", "--no-commit", "--no-ff", new)
    if run_git(project, "rev-parse", "--quiet", "--verify", "MERGE_HEAD").returncode:
        raise InputError(f"git does not merge: {join_lines(merged.stderr)}")
    whole = (*libraries, ANSWERS)
    git(project, "restore", f"--source={new}", "--staged", "--worktree", "--", *whole)
    if own := sorted(set.intersection(*changed)):
        click.echo("\n  ".join(["Your changes of the libraries are replaced in:", *own]))
        click.echo(f"To get your version of a file back, type: git checkout {before} -- FILE")
    if conflicts := git(project, "diff", "--name-only", "--diff-filter=U"):
        raise InputError(
            f"Conflicts in {', '.join(conflicts.splitlines())}. Edit the marked lines (or type "
            "git mergetool), git add the files, git commit, then make install test. "
            "To undo, type: git merge --abort"
        )
    git(project, "commit", "--quiet", "--no-verify", "--message=Update from the starter")


def run_recipes(project: Path, undo: str) -> None:
    """Install and test the updated project."""
    for recipe in ("install", "test"):
        if subprocess.run(["make", recipe], cwd=project, check=False).returncode:
            raise InputError(f"`make {recipe}` fails after the update. Correct it. {undo}")


def git(project: Path, *arguments: str) -> str:
    """Return what git prints; its own message is the error."""
    done = run_git(project, *arguments)
    if done.returncode:
        raise InputError(f"git {arguments[0]} fails: {join_lines(done.stderr)}")
    return done.stdout.strip("\n")


def run_git(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run git in the project."""
    return subprocess.run(
        ["git", "-C", str(project), "-c", "color.ui=false", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
