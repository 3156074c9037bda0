"""The page about another outcome renames churn in a generated project, which then runs."""

import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.docs.pages import list_blocks
from tests.starter.test_generated import git, read, run, start_new

pytestmark = pytest.mark.slow

PAGE = PROJECT / "docs" / "how-to" / "predict-another-outcome.md"


def test_a_project_with_other_names_runs(starter: Path, tmp_path: Path) -> None:
    answers = {"project_name": "Acme Upsell", "sample_operator": "yes", "ci": "none"}
    start_new(starter, tmp_path, answers | {"capabilities": "none", "trackers": "both"})
    project = tmp_path / "acme-upsell"
    (renaming,) = [block.code for block in list_blocks(PAGE) if not block.is_run]
    *commands, last = renaming.strip().splitlines()
    assert last == "make format check test"
    subprocess.run(["bash", "-ec", "\n".join(commands)], cwd=project, check=True)

    files = git(project, "ls-files").splitlines()
    assert not [path for path in files if "churn" in path.lower() + read(project / path)]
    # A reader wraps the lines that a longer word makes too long, E501.
    for command in ("ruff check --fix --ignore E501 .", "ruff format ."):
        done = run(project, *command.split())
        assert done.returncode == 0, done.stdout
    run(project, "python", "-m", "docs.write_reference")
    some = "resolves or leads_to or in_backticks or card or label"
    done = run(project, "pytest", "-q", "-n0", "-m", "not slow", "-k", some)
    assert done.returncode == 0, done.stdout[-3000:]
    done = run(project, "kedro", "run", "--env", "test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project / "data/test/07_model_output/upsell_scores").is_dir()
