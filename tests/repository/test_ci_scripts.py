"""Scripts of workflows, with real git and curl; `gh`, `docker` and `kedro` record their calls."""

from pathlib import Path

import pytest

from tests.kedro_asof.fixtures import git
from tests.repository.recorder import put_command, run_script, serve

MEASURED = "# Features\n"


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    return tmp_path / "bin"


def read_calls(commands: Path) -> list[str]:
    file = commands / "calls.txt"
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.parametrize(("code", "ends_with"), [(0, 0), (65, 0), (2, 2), (1, 1)])
def test_a_comparison_shows_breaking_changes_and_does_not_judge_them(
    tmp_path: Path, commands: Path, code: int, ends_with: int
) -> None:
    script = f"""
case $1 in
    run) ;;
    try) echo '{MEASURED}' > "$5" ;;
    *) echo "Breaking changes of contracts: 1"; exit {code} ;;
esac
"""
    kedro = put_command(commands, "kedro", script) / "kedro"
    done = run_script(
        "compare.sh", "main", "build/comparison.md", folder=tmp_path, KEDRO=str(kedro)
    )
    assert done.returncode == ends_with
    assert read_calls(commands) == [
        "kedro run --env test --pipelines simulation",
        "kedro try --base main --markdown build/comparison.md",
        "kedro contracts diff main",
    ]
    text = (tmp_path / "build/comparison.md").read_text()
    assert text.startswith(MEASURED)
    assert ("Breaking changes of contracts: 1" in text) == (ends_with == 0)


@pytest.mark.parametrize("code", [1, 2, 65])
def test_a_change_that_cannot_run_fails_and_leaves_no_old_file(
    tmp_path: Path, commands: Path, code: int
) -> None:
    (tmp_path / "comparison.md").write_text("of another commit")
    (tmp_path / "data/test/01_raw").mkdir(parents=True)
    kedro = put_command(commands, "kedro", f"exit {code}") / "kedro"
    done = run_script("compare.sh", "main", "comparison.md", folder=tmp_path, KEDRO=str(kedro))
    assert (done.returncode, len(read_calls(commands))) == (code, 1)
    assert not (tmp_path / "comparison.md").exists()


@pytest.mark.parametrize(
    ("note", "code"), [("", 0), ("The run of working tree ended early: Refused.", 65)]
)
def test_a_target_that_cannot_run_is_reported_and_a_change_fails(
    note: str, code: int, tmp_path: Path, commands: Path
) -> None:
    script = f"[ $1 != try ] || {{ echo '{MEASURED}{note}' > $5; exit 65; }}"
    kedro = put_command(commands, "kedro", script) / "kedro"
    done = run_script("compare.sh", "main", "comparison.md", folder=tmp_path, KEDRO=str(kedro))
    assert done.returncode == code, done.stderr
    assert (tmp_path / "comparison.md").read_text().startswith(MEASURED)


@pytest.fixture
def clone(tmp_path: Path, repository: Path) -> Path:
    """A clone of a repository with lock files, as a job gets it: at a commit, without a branch."""
    (repository / "requirements.lock").write_text("six==1\n")
    (repository / "deploy").mkdir()
    (repository / "deploy" / "requirements.lock").write_text("six==1\n")
    git(repository, "add", "requirements.lock", "deploy")
    git(repository, "commit", "-m", "locks")
    git(repository, "config", "receive.advertisePushOptions", "true")
    folder = tmp_path / "clone"
    git(repository, "clone", "--quiet", ".", str(folder))
    git(folder, "checkout", "--quiet", "--detach")
    return folder


def test_locks_that_are_up_to_date_propose_nothing(clone: Path, commands: Path) -> None:
    (clone / "file").write_text("changed by the job")
    put_command(commands, "gh")
    done = run_script("propose_locks.sh", "origin", folder=clone, commands=commands)
    assert (done.returncode, read_calls(commands)) == (0, [])
    assert git(clone, "ls-remote", "origin", "dependencies") == ""


@pytest.mark.parametrize(("open_requests", "creates"), [(0, True), (1, False)])
def test_changed_locks_become_one_pull_request(
    clone: Path, commands: Path, open_requests: int, creates: bool
) -> None:
    put_command(commands, "gh", f'[ "$2" != list ] || echo {open_requests}')
    propose(clone, commands, "six==2", GITHUB_ACTIONS="true")
    propose(clone, commands, "six==3", GITHUB_ACTIONS="true")
    git(clone, "fetch", "--quiet", "origin", "dependencies")
    assert git(clone, "show", "FETCH_HEAD:deploy/requirements.lock") == "six==3"
    assert git(clone, "show", "FETCH_HEAD:file") == "1"
    calls = read_calls(commands)
    assert any(call.startswith("gh pr create --head dependencies") for call in calls) == creates
    assert calls[-1] == "gh workflow run ci.yml --ref dependencies"


def test_changed_locks_become_a_merge_request(clone: Path, commands: Path) -> None:
    propose(clone, put_command(commands, "gh"), "six==2")
    assert git(clone, "ls-remote", "origin", "dependencies")
    assert read_calls(commands) == []


def propose(clone: Path, commands: Path, content: str, **variables: str) -> None:
    git(clone, "checkout", "--quiet", "--force", "--detach", "origin/HEAD")
    (clone / "file").write_text("changed by the job")
    for name in ("requirements.lock", "deploy/requirements.lock"):
        (clone / name).write_text(f"{content}\n")
    done = run_script("propose_locks.sh", "origin", folder=clone, commands=commands, **variables)
    assert done.returncode == 0, done.stderr


def test_an_image_is_pushed_with_provenance_and_no_password_in_a_call(
    tmp_path: Path, commands: Path
) -> None:
    put_command(commands, "docker", '[ "$1" != login ] || cat > "$HOME/password"')
    done = run_script(
        "push_image.sh", "example.com", "example.com/Acme/Churn", "v0.2.0", folder=tmp_path,
        commands=commands, REGISTRY_USER="ada", REGISTRY_PASSWORD="secret",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    login, create, build = read_calls(commands)
    assert (tmp_path / "password").read_text() == "secret\n"
    assert "secret" not in login
    assert create.startswith("docker buildx create --use")
    assert "--push --provenance mode=max --sbom true" in build
    assert build.endswith("--tag example.com/acme/churn:0.2.0 .")


def test_a_release_of_gitlab_has_the_files_and_links_to_them(tmp_path: Path) -> None:
    files = {"a.whl": b"wheel", "notes.md": b"What is new & good"}
    (tmp_path / "dist").mkdir()
    for name, content in files.items():
        (tmp_path / "dist" / name).write_bytes(content)
    packages = "/projects/3/packages/generic/release/0.2.0"
    answers = {("PUT", f"{packages}/{name}"): {} for name in files}
    with serve(answers | {("POST", "/projects/3/releases"): {}}) as api:
        variables = {"CI_API_V4_URL": api.address, "CI_PROJECT_ID": "3", "CI_JOB_TOKEN": "secret"}
        done = run_script("publish_gitlab.sh", "v0.2.0", folder=tmp_path, **variables)
    assert done.returncode == 0, done.stderr
    *uploads, (_, path, release) = api.list_writes()
    assert uploads == [("PUT", f"{packages}/{name}", files[name]) for name in files]
    assert path == "/projects/3/releases"
    assert release == {
        "tag_name": ["v0.2.0"],
        "description": ["What is new & good"],
        "assets[links][][name]": list(files),
        "assets[links][][url]": [f"{api.address}{packages}/{name}" for name in files],
    }


def test_a_file_that_cannot_be_uploaded_makes_no_release(tmp_path: Path) -> None:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "notes.md").write_text("What is new")
    with serve({}) as api:
        variables = {"CI_API_V4_URL": api.address, "CI_PROJECT_ID": "3", "CI_JOB_TOKEN": "secret"}
        done = run_script("publish_gitlab.sh", "v0.2.0", folder=tmp_path, **variables)
    assert done.returncode != 0
    assert [method for method, *_ in api.requests] == ["PUT"]
