"""`kedro update` brings a later version of the starter into a project, which keeps its changes."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from kedro_asof.errors import ExitCode
from starter import build
from tests.starter.test_generated import git, run, start_new

pytestmark = pytest.mark.slow

ANSWERS = {
    "project_name": "Acme Churn",
    "sample_operator": "yes",
    "capabilities": "none",
    "trackers": "both",
    "ci": "github",
}
WHO = {f"GIT_{role}_{what}": "a@example.org" for role in ("AUTHOR", "COMMITTER")
       for what in ("NAME", "EMAIL")}  # fmt: skip
GATE, LIBRARY = "conf/base/parameters/gate.yml", "src/kedro_asof/project.py"
LATER = 4_000_000_000  # seconds since 1970: newer than any file


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a starter; finding its packages would take a minute."""
    made = tmp_path_factory.mktemp("old") / "starter"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "list_packages", lambda *_: [])
        build.write_starter(made)
    return made


@pytest.fixture(scope="module")
def new(old: Path) -> Path:
    """A later version, with a changed page, parameter, library, a new file and one less."""
    made = old.parent / "new"
    shutil.copytree(old, made)
    template = made / build.TEMPLATE
    change(template / "README.md", "License: Apache-2.0.", "License: Apache-2.0, as before.")
    change(template / GATE, "\n", " # new\n", count=1)
    change(template / LIBRARY, '"""Find', '"""Look for', count=1)
    change(template / "CHANGELOG.md", "## [Unreleased]\n", "## [Unreleased]\n- Better.", count=1)
    (template / "docs" / "arrived.md").write_text("# Arrived\n")
    (template / "CITATION.cff").unlink()
    return made


@pytest.fixture(scope="module")
def made(old: Path) -> Path:
    """A project of the first version."""
    done = start_new(old, old.parent, ANSWERS)
    assert done.returncode == 0, done.stderr
    return old.parent / "acme-churn"


@pytest.fixture
def project(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project, in which the user has changed and added something."""
    for name, value in WHO.items():
        monkeypatch.setenv(name, value)
    copy = tmp_path / made.name
    shutil.copytree(made, copy)
    change(copy / "README.md", "# Acme Churn\n", "# Our churn\n", count=1)
    (copy / "docs" / "ours.md").write_text("# Ours\n")
    commit(copy)
    return copy


def change(file: Path, before: str, after: str, count: int = -1) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, count))


def commit(project: Path) -> str:
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=Change")
    return git(project, "rev-parse", "--short", "HEAD").strip()


def update(
    project: Path, starter: Path | str, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    options = options or ("--no-tests",)
    return run(project, "kedro", "update", str(starter), *options, **variables)


def read_state(project: Path) -> Mapping[str, str]:
    commands = ("for-each-ref", "status --porcelain")
    return {command: git(project, *command.split()) for command in commands}


def test_local_changes_stay_and_those_of_the_starter_arrive(project: Path, new: Path) -> None:
    before = git(project, "rev-parse", "--short", "HEAD").strip()
    done = update(project, new)
    assert done.returncode == 0, done.stdout + done.stderr
    readme = (project / "README.md").read_text()
    assert "# Our churn" in readme
    assert "Apache-2.0, as before" in readme
    assert (project / "docs" / "ours.md").exists()
    assert (project / "docs" / "arrived.md").exists()
    assert not (project / "CITATION.cff").exists()
    assert '"""Look for' in (project / LIBRARY).read_text()
    assert git(project, "status", "--porcelain") == ""
    assert "6 files changed" in done.stdout
    assert "New in CHANGELOG.md:\n  - Better." in done.stdout
    assert f"git reset --hard {before}" in done.stdout

    again = update(project, new)
    assert (again.returncode, "Nothing to update" in again.stdout) == (0, True)
    git(project, "reset", "--hard", "--quiet", before)
    assert "# Our churn" in (project / "README.md").read_text()
    assert (project / "CITATION.cff").exists()


def test_conflicts_are_marked_and_named(project: Path, new: Path) -> None:
    change(project / GATE, "\n", " # ours\n", count=1)
    before = commit(project)
    done = update(project, new)
    assert done.returncode == ExitCode.INVALID_INPUT
    assert f"Conflicts in {GATE}. Edit the marked lines" in done.stderr
    assert "<<<<<<<" in (project / GATE).read_text()
    assert (project / "docs" / "arrived.md").exists()

    refused = update(project, new)
    assert (refused.returncode, "not committed" in refused.stderr) == (ExitCode.WRONG_CALL, True)
    git(project, "merge", "--abort")
    assert git(project, "rev-parse", "--short", "HEAD").strip() == before
    assert git(project, "status", "--porcelain") == ""

    assert update(project, new).returncode == ExitCode.INVALID_INPUT
    git(project, "checkout", "--theirs", GATE)
    commit(project)
    assert "Nothing to update" in update(project, new).stdout


def test_libraries_are_replaced_as_a_whole_and_local_changes_named(
    project: Path, new: Path
) -> None:
    change(project / LIBRARY, '"""Find', '"""Seek', count=1)
    (project / "tests/kedro_asof/test_ours.py").write_text("")
    before = commit(project)
    done = update(project, new)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"replaced in:\n  {LIBRARY}\n  tests/kedro_asof/test_ours.py\n" in done.stdout
    assert git(project, "diff", "starter", "HEAD", "--", "src/kedro_asof", "tests/kedro_asof") == ""
    git(project, "checkout", before, "--", LIBRARY)
    assert '"""Seek' in (project / LIBRARY).read_text()


def test_changed_answers_change_the_project(project: Path, new: Path) -> None:
    """A later question gets its default; a capability is added by its name in the answers."""
    answers = project / ".starter.yml"
    change(answers, 'capabilities: "none"', 'capabilities: "spark"')
    change(answers, 'ci: "github"\n', "")
    commit(project)
    done = update(project, new)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "conf" / "spark").is_dir()
    assert (project / ".github").is_dir()


def test_a_tag_of_a_repository_is_a_version(project: Path, old: Path, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(old, repository)
    git(repository, "init", "--quiet")
    (repository / build.TEMPLATE / "docs" / "tagged.md").write_text("# Tagged\n")
    commit(repository)
    git(repository, "tag", "0.3.0")
    (repository / build.TEMPLATE / "docs" / "later.md").write_text("# Later\n")
    commit(repository)
    done = update(project, f"git+file://{repository}", "--ref", "0.3.0", "--no-tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "docs" / "tagged.md").exists()
    assert not (project / "docs" / "later.md").exists()

    unknown = update(project, repository, "--ref", "9.9.9")
    assert unknown.returncode == ExitCode.WRONG_CALL
    assert "9.9.9 not found" in unknown.stderr


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("echo more >> README.md", "not committed: README.md"),
        ("git switch starter", "Cannot update 'starter' itself"),
        ("git branch -D starter", "no branch 'starter'"),
        ("rm -rf .git", "is not a git repository of its own"),
        ("git rm -q .starter.yml && git commit -qm x", ".starter.yml has no answers"),
        ("sed -i 's/: .none./: sparc/' .starter.yml && git commit -qam x", "Invalid capabilities"),
        ("true", "no-starter is not a starter: expected a folder"),
    ],
)
def test_what_cannot_be_updated_stays_as_it_is(
    command: str, expected: str, project: Path, new: Path, tmp_path: Path
) -> None:
    subprocess.run(["bash", "-c", command], cwd=project, check=True, capture_output=True)
    is_repository = (project / ".git").exists()
    before = read_state(project) if is_repository else {}
    (tmp_path / "no-starter").mkdir()
    done = update(project, tmp_path / "no-starter" if command == "true" else new)
    assert done.returncode in (ExitCode.WRONG_CALL, ExitCode.INVALID_INPUT)
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert (read_state(project) if is_repository else {}) == before


@pytest.mark.parametrize("step", ["fetch", "commit-tree", "update-ref", "merge", "restore"])
def test_a_killed_update_can_be_repeated(
    step: str, project: Path, new: Path, tmp_path: Path
) -> None:
    before = git(project, "rev-parse", "HEAD")
    killer = tmp_path / "bin" / "git"
    killer.parent.mkdir()
    killer.write_text(
        f'#!/bin/bash\n{shutil.which("git")} "$@"\ncode=$?\n'
        f'[[ " $* " == *" {step} "* ]] && kill -9 $PPID\nexit $code\n'
    )
    killer.chmod(0o755)
    killed = update(project, new, PATH=f"{killer.parent}{os.pathsep}{os.environ['PATH']}")
    assert killed.returncode == -9
    if step in ("merge", "restore"):
        git(project, "merge", "--abort")
    assert git(project, "rev-parse", "HEAD") == before
    assert git(project, "status", "--porcelain") == ""
    assert update(project, new).returncode == 0
    assert (project / "docs" / "arrived.md").exists()


def test_an_update_is_installed_and_tested(project: Path, new: Path) -> None:
    """The recipes run; a failing test ends the update with how to undo it."""
    recipes = "\ninstall:\n\t@echo installed\n\ntest:\n\t@echo tested && false\n"
    (project / "Makefile").write_text((project / "Makefile").read_text() + recipes)
    for path in (".venv/bin/uv", ".venv/installed-dev"):  # nothing needs installing
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).touch()
        os.utime(project / path, (LATER, LATER))
    before = commit(project)
    done = update(project, new, "--ref=")
    assert done.returncode == ExitCode.INVALID_INPUT
    assert "installed\n" in done.stdout
    assert "tested\n" in done.stdout
    assert f"fails after the update. Correct it. To undo, type: git reset --hard {before}" in (
        done.stderr
    )


def test_the_recipe_passes_its_variables_on(made: Path) -> None:
    shown = subprocess.run(
        ["make", "--dry-run", "update", "FROM=../new", "REF=0.3.0", "TESTS=no"],
        cwd=made,
        capture_output=True,
        text=True,
        check=True,
    )
    assert 'kedro update "../new" --ref "0.3.0" --no-tests\n' in shown.stdout
