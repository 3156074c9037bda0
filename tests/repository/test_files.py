"""Files of the repository, each checked by its own validator and compared with what it names."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import PROJECT
from tests.deploy.test_files import check
from tests.kedro_asof.fixtures import git

SCHEMAS = {
    ".github/workflows/*.yml": ["vendor.github-workflows"],
    ".github/actions/*/action.yml": ["vendor.github-actions"],
    ".github/dependabot.yml": ["vendor.dependabot"],
    ".github/ISSUE_TEMPLATE/[!c]*.yml": ["vendor.github-issue-forms"],
    ".github/ISSUE_TEMPLATE/config.yml": ["vendor.github-issue-config"],
    "**/.gitlab-ci.yml": ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"],
    "CITATION.cff": ["vendor.citation-file-format"],
}
ONE_SCREEN = 45  # lines


@pytest.mark.parametrize("pattern", SCHEMAS)
def test_files_keep_to_their_schema(pattern: str) -> None:
    files = list_tracked(pattern)
    assert files
    check("check-jsonschema", "--builtin-schema", *SCHEMAS[pattern], *files)


def test_zizmor_finds_no_weakness_and_each_exemption_has_a_reason() -> None:
    check("zizmor", "--offline", "--quiet", PROJECT)
    for file in (PROJECT / ".github").rglob("*.yml"):
        for reason in re.findall(r"zizmor: ignore\[[\w-]+\](.*)", file.read_text()):
            assert len(reason.split()) > 3, file


def test_hooks_are_recipes() -> None:
    config = PROJECT / ".pre-commit-config.yaml"
    check("pre-commit", "validate-config", config)
    [hooks] = [each["hooks"] for each in yaml.safe_load(config.read_text())["repos"]]
    for hook in hooks:
        assert hook["language"] == "system"
        check_recipe(hook["entry"])


def test_the_devcontainer_has_what_recipes_need() -> None:
    text = (PROJECT / ".devcontainer/devcontainer.json").read_text()
    container = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    assert container["image"].endswith("python:3.11-bookworm")
    [java] = container["features"].values()
    assert java["version"] == "17"
    check_recipe(container["postCreateCommand"])


def test_owners_are_an_example_and_own_files_that_exist() -> None:
    lines = (PROJECT / "CODEOWNERS").read_text().splitlines()
    assert "EXAMPLE" in lines[0]
    for pattern, *owners in [line.split() for line in lines if line and line[0] != "#"]:
        assert git(PROJECT, "ls-files", f":(glob){pattern.strip('/')}*/**", pattern.strip("/"))
        assert owners
        assert all(owner.startswith("@your-org/") for owner in owners)


def test_github_and_gitlab_ask_a_reviewer_the_same() -> None:
    template = (PROJECT / ".github/pull_request_template.md").read_text()
    assert (PROJECT / ".gitlab/merge_request_templates/Default.md").read_text() == template


def test_agents_read_one_screen_whose_files_and_recipes_exist() -> None:
    text = (PROJECT / "AGENTS.md").read_text()
    assert len(text.splitlines()) <= ONE_SCREEN
    for span in re.findall(r"`([^`]+)`", text):
        if span.startswith("make "):
            check_recipe(span)
        elif "/" in span and " " not in span and span not in {"data/", "mlruns/"}:
            assert (PROJECT / span).exists(), span


@pytest.mark.parametrize(
    "page",
    ["AGENTS", "CODE_OF_CONDUCT", "CONTRIBUTING", "SECURITY", ".github/pull_request_template"],
)
def test_pages_of_the_repository_link_and_name_what_exists(page: str) -> None:
    text = (PROJECT / f"{page}.md").read_text()
    for link in re.findall(r"\]\(([^)#\s]+)", text):
        assert "://" in link or (PROJECT / link).exists(), link
    for recipe in re.findall(r"`(make [a-z-]+)`", text):
        check_recipe(recipe)


def check_recipe(command: str) -> None:
    """Check that `make` knows the target, without running it."""
    name, target = command.split()
    assert name == "make"
    done = subprocess.run(
        [name, "--dry-run", target], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def list_tracked(pattern: str) -> list[Path]:
    return [PROJECT / name for name in git(PROJECT, "ls-files", f":(glob){pattern}").splitlines()]
