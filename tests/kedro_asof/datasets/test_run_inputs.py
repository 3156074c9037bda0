"""The user and the commit of a run come from the system and cannot be changed."""

from pathlib import Path

import pytest
from kedro.io import DatasetError

from kedro_asof.datasets.run_inputs import GitCommit, UserName
from kedro_asof.git_commit import Commit
from tests.kedro_asof.fixtures import git


def test_the_user_of_the_process_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    assert UserName().load() == "ada"


def test_a_name_cannot_be_saved() -> None:
    with pytest.raises(DatasetError, match="UserName is read-only"):
        UserName().save("ada")  # type: ignore[arg-type]


def test_a_commit_is_clean_until_a_tracked_file_changes(repository: Path) -> None:
    sha = git(repository, "rev-parse", "HEAD")
    (repository / "not tracked").write_text("1")
    assert GitCommit(filepath=str(repository)).load() == Commit(sha, is_clean=True)
    (repository / "file").write_text("2")
    assert GitCommit(filepath=str(repository)).load() == Commit(sha, is_clean=False)


def test_a_project_in_a_folder_of_a_repository_has_its_commit(repository: Path) -> None:
    (repository / "project").mkdir()
    commit = GitCommit(filepath=str(repository / "project")).load()
    assert commit == Commit(git(repository, "rev-parse", "HEAD"), is_clean=True)


def test_without_a_repository_a_commit_or_git_there_is_no_commit(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "outside").mkdir()
    assert GitCommit(filepath=str(tmp_path / "outside")).load() is None
    (tmp_path / "new").mkdir()
    git(tmp_path / "new", "init")
    assert GitCommit(filepath=str(tmp_path / "new")).load() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert GitCommit(filepath=str(repository)).load() is None
