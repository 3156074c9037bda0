"""What workflows may do and run: no code of a fork gets the right to write."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROJECT
from tests.repository.test_files import check_recipe

FOLDER = PROJECT / ".github" / "workflows"
GITHUB = {path.name: yaml.safe_load(path.read_text()) for path in sorted(FOLDER.glob("*.yml"))}
GITLAB = yaml.safe_load((PROJECT / ".gitlab-ci.yml").read_text())
JOBS = [(name, job) for name, workflow in GITHUB.items() for job in workflow["jobs"].values()]
EVENTS_OF_FORKS = {"pull_request", "pull_request_target", "workflow_run", "issue_comment"}
PYTHONS = ["3.11", "3.12", "3.13"]


def list_events(workflow: dict[Any, Any]) -> set[str]:
    events = workflow[True]  # YAML 1.1 reads the key `on` so
    return {events} if isinstance(events, str) else set(events)


def list_commands() -> list[tuple[str, str]]:
    """List the shell lines of all jobs, with the file that has them."""
    github = [
        (name, line)
        for name, job in JOBS
        for step in job["steps"]
        for line in step.get("run", "").splitlines()
    ]
    gitlab = [
        (".gitlab-ci.yml", line)
        for job in GITLAB.values()
        if isinstance(job, dict)
        for line in job.get("script", [])
    ]
    return github + gitlab


@pytest.mark.parametrize("path", sorted((PROJECT / ".github").rglob("*.yml")), ids=str)
def test_actions_are_pinned_by_hash_with_their_version(path: Path) -> None:
    for use in re.findall(r"uses: (.+)", path.read_text()):
        assert re.fullmatch(r"\$/.+|[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


def test_one_action_has_one_hash() -> None:
    texts = [path.read_text() for path in (PROJECT / ".github").rglob("*.yml")]
    uses = {use for text in texts for use in re.findall(r"uses: (\w\S+@.+)", text)}
    assert len({use.partition("@")[0] for use in uses}) == len(uses)


@pytest.mark.parametrize("name", GITHUB)
def test_rights_are_given_by_job_and_every_job_ends(name: str) -> None:
    workflow = GITHUB[name]
    assert workflow["permissions"] == {}
    assert "concurrency" in workflow
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] > 0
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_code_of_a_fork_never_runs_where_something_can_be_written() -> None:
    """`pull_request_target` would give a fork the rights of the repository."""
    for name, workflow in GITHUB.items():
        events = list_events(workflow)
        assert not events & (EVENTS_OF_FORKS - {"pull_request", "workflow_run"}), name
        if "pull_request" in events:
            assert "secrets." not in (FOLDER / name).read_text()
            for job in workflow["jobs"].values():
                assert job["permissions"] == {"contents": "read"}, name
        if "workflow_run" in events:
            for step in [step for job in workflow["jobs"].values() for step in job["steps"]]:
                # Without `ref`, this event checks out the default branch.
                assert "ref" not in step.get("with", {})
                assert "make" not in step.get("run", "")


def test_only_one_workflow_writes_for_pull_requests_and_it_waits_for_the_comparison() -> None:
    writing = {
        name for name, job in JOBS if job.get("permissions", {}).get("pull-requests") == "write"
    }
    assert writing == {"comment.yml", "dependencies.yml"}
    run = GITHUB["comment.yml"][True]["workflow_run"]
    assert run["workflows"] == [GITHUB["compare.yml"]["name"]]


def test_a_release_takes_nothing_from_a_cache() -> None:
    text = (FOLDER / "release.yml").read_text()
    assert "actions/cache" not in text
    assert "actions/install" not in text
    assert GITLAB[".release"]["cache"] == []


def test_scripts_and_recipes_of_workflows_exist() -> None:
    scripts, recipes = set(), set()
    for _, line in list_commands():
        scripts |= set(re.findall(r"deploy/[\w/]+\.(?:sh|py)", line))
        recipes |= set(re.findall(r"^make [\w./-]+", line))
    assert {path for path in scripts if not (PROJECT / path).is_file()} == set()
    tested = {f"deploy/ci/{path.name}" for path in (PROJECT / "deploy/ci").glob("*.*")}
    called = scripts | {"deploy/ci/compare.sh", "deploy/ci/release.py"}  # by recipes
    assert tested == {path for path in called if path.startswith("deploy/ci/")}
    assert {"make check", "make test", "make run", "make test-slow", "make release"} <= recipes
    for recipe in recipes:
        check_recipe(recipe)


def test_all_pythons_of_the_package_are_tested_and_no_other() -> None:
    text = (PROJECT / "pyproject.toml").read_text()
    assert 'requires-python = ">=3.11,<3.14"' in text
    assert GITHUB["ci.yml"]["jobs"]["test"]["strategy"]["matrix"]["python"] == PYTHONS
    assert GITLAB["test"]["parallel"]["matrix"] == [{"PYTHON_VERSION": PYTHONS}]


def test_pull_requests_compare_contracts_with_those_of_their_target() -> None:
    steps = GITHUB["ci.yml"]["jobs"]["check"]["steps"]
    (compare,) = [step for step in steps if "contracts diff" in step.get("run", "")]
    assert compare["if"] == "github.event_name == 'pull_request'"
    assert compare["env"]["BASE"] == "${{ github.event.pull_request.base.sha }}"
    assert steps[0]["with"]["fetch-depth"] == 0
    assert GITLAB["contracts"]["variables"]["GIT_DEPTH"] == 0


def test_ci_here_runs_what_workflows_run() -> None:
    ours = set(re.findall(r"^make [\w-]+$", (PROJECT / ".ci/run").read_text(), re.MULTILINE))
    theirs = {line for name, line in list_commands() if name == "ci.yml" and "make" in line}
    assert ours == theirs
