"""Projects of `kedro new`: any two answers go together, and nothing is left of what is refused."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from allpairspy import AllPairs

from kedro_asof.errors import ExitCode
from starter import build
from starter.entries import read_entries
from starter.left_out import find_paths
from tests.conftest import PROJECT

pytestmark = pytest.mark.slow

ENTRIES = {name: entry for name, entry in read_entries().items() if entry.asked != "never"}
CAPABILITIES = [name for name, entry in ENTRIES.items() if entry.asked == "capabilities"]
# The shortest and the longest name: neither changes the format of a line or the order of imports.
NAMES = ("Zo", "Nordic-Telecom_Retention")
QUESTIONS: dict[str, tuple[str, ...]] = {
    "project_name": NAMES,
    "sample_operator": ("yes", "no"),
    "trackers": ("both", "wandb", "mlflow"),
    "ci": ("github", "gitlab", "none"),
} | {name: (name, "") for name in CAPABILITIES}


def has_what_it_needs(given: Sequence[str]) -> bool:
    """Return whether the first answers can be given together: benchmarks need the operator."""
    answers = dict(zip(QUESTIONS, given, strict=False))
    is_small = answers.get("sample_operator") == "no" or answers.get("trackers", "both") != "both"
    return not (answers.get("benchmarks") and is_small)


PAIRS = [
    dict(zip(QUESTIONS, each, strict=True))
    for each in AllPairs(list(QUESTIONS.values()), filter_func=has_what_it_needs)
]
ROWS = [(n, n % 97, n * 7919 % 251) for n in range(600)]
TABLE = "id,visits,spent,left\n" + "".join(
    f"{n},{visits},{spent},{int(visits + spent % 60 < 60)}\n" for n, visits, spent in ROWS
)
Answers = Mapping[str, str]


def write_answers(answers: Answers) -> dict[str, str]:
    """Join the capabilities to one answer."""
    asked = {name: answer for name, answer in answers.items() if name not in CAPABILITIES}
    wanted = ",".join(answers[name] for name in CAPABILITIES if answers.get(name))
    return asked | {"capabilities": wanted or "none"}


def start_new(starter: Path, folder: Path, answers: Answers) -> subprocess.CompletedProcess[str]:
    """Run `kedro new` in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "answers.yml"
    config.write_text("".join(f'{name}: "{answer}"\n' for name, answer in answers.items()))
    return run(folder, "kedro", "new", f"--starter={starter}", f"--config={config}")


def run(folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this environment in a folder, with its code first."""
    path = os.pathsep.join([str(folder / "src"), str(folder)])
    environment = os.environ | {"KEDRO_DISABLE_TELEMETRY": "true", "PYTHONPATH": path} | variables
    return subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("answers", PAIRS, ids=lambda it: "-".join(filter(None, it.values())))
def test_any_two_answers_go_together(answers: Answers, starter: Path, tmp_path: Path) -> None:
    made = start_new(starter, tmp_path, write_answers(answers))
    assert made.returncode == 0, made.stderr
    (project,) = [path.parent for path in tmp_path.glob("*/pyproject.toml")]
    package = project.name.replace("-", "_")
    assert f"cd {project.name}" in made.stdout

    refused = list_refused(answers)
    assert list_leftovers(project, package, refused) == []
    for command in ("ruff check .", "ruff format --check .", "codespell", "lint-imports"):
        done = run(project, *command.split())
        assert done.returncode == 0, f"{command}\n{done.stdout}"
    assert run(project, "python", "-m", "docs.write_reference").returncode == 0
    assert git(project, "diff", "--stat", "--", "docs/reference") == ""
    # Every test is imported; those of links, names, commands and catalogs are run.
    some = "resolves or leads_to or in_backticks or option_exists"
    done = run(project, "pytest", "-q", "-n0", "-m", "not slow", "-k", some)
    assert done.returncode == 0, done.stdout[-3000:]
    check_runs(project, refused)


def list_refused(answers: Answers) -> list[str]:
    """Return the entries that the answers refuse."""
    given = write_answers(answers)
    wanted = {
        name: {name, "yes", "both", "all"} & set(given[entry.asked].split(","))
        for name, entry in ENTRIES.items()
    }
    return [name for name, found in wanted.items() if not found]


def list_leftovers(project: Path, package: str, refused: list[str]) -> list[str]:
    """Return old names, braces of the template, and files and packages of refused entries."""
    files = build.read_tracked_files()
    gone = {path for name in refused for path in find_paths(name, ENTRIES[name], files)}
    found = [path for path in gone if (project / path.replace("telco_churn", package)).exists()]
    for path in git(project, "ls-files").splitlines():
        if "telco" in path or re.search("telco.churn|{ cookiecutter[.]", read(project / path)):
            found.append(path)
    lock = (project / "requirements-dev.lock").read_text()
    packages = {"spark": "pyspark", "wandb": "wandb", "benchmarks": "polars"}
    found += [each for name, each in packages.items() if name in refused and f"{each}==" in lock]
    return found


def read(path: Path) -> str:
    return path.read_bytes().decode(errors="ignore").lower()


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def check_runs(project: Path, refused: list[str]) -> None:
    """Run the small environment; without the sample operator, the error says what to fill in."""
    done = run(project, "kedro", "run", "--env", "test")
    if "sample_operator" in refused:
        assert done.returncode == ExitCode.INVALID_INPUT
        assert "filepath of your table in conf/base/catalog/raw.yml" in done.stdout + done.stderr
    else:
        assert done.returncode == 0, done.stdout + done.stderr
        assert (project / "data/test/07_model_output/churn_scores").is_dir()
    if "own_table" not in refused and "sample_operator" in refused:
        (project / "table.csv").write_text(TABLE)
        command = ["kedro", "own-table", "table.csv", "--target", "left", "--id", "id"]
        done = run(project, *command)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"project_name": "Müller Churn"}, "Invalid project name"),
        ({"project_name": "5G Churn"}, "a letter first"),
        ({"project_name": "Northern Region Retention"}, "at most 24 characters"),
        ({"project_name": "kedro"}, "would hide another package"),
        ({"project_name": "test"}, "would hide another package"),
        ({"project_name": "docs"}, "would hide another package"),
        ({"project_name": "email"}, "Python keyword or standard library module"),
        ({"capabilities": "sparc"}, "Invalid capabilities 'sparc': expected all, none, own_table"),
        ({"capabilities": "[own_table]"}, "Invalid capabilities '[own_table]'"),
        ({"sample_operator": "perhaps"}, "Invalid sample_operator 'perhaps': expected yes, no"),
        (
            {"capabilities": "benchmarks", "sample_operator": "no"},
            "benchmarks needs sample_operator: include this, or leave benchmarks out",
        ),
        ({"ci": "jenkins"}, "Invalid ci 'jenkins': expected all, none, github, gitlab"),
    ],
)
def test_a_wrong_answer_makes_no_project(
    change: Answers, expected: str, starter: Path, tmp_path: Path
) -> None:
    answers = {"project_name": "Acme Churn", "sample_operator": "yes", "capabilities": "none"}
    answers |= {"trackers": "both", "ci": "none"}
    done = start_new(starter, tmp_path, answers | change)
    assert done.returncode != 0
    assert expected in done.stdout + done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["answers.yml"]


@pytest.mark.parametrize("output_dir", [".", "out"])
def test_a_folder_that_is_there_stays_as_it_is(
    output_dir: str, starter: Path, tmp_path: Path
) -> None:
    mine = tmp_path / output_dir / "acme-churn" / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    answers = write_answers(PAIRS[0]) | {"project_name": "Acme Churn", "output_dir": output_dir}
    done = start_new(starter, tmp_path, answers)
    assert (done.returncode, "acme-churn exists. Choose another" in done.stderr) == (1, True)
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


def test_a_project_runs_in_an_environment_of_its_own(starter: Path, tmp_path: Path) -> None:
    """`make run` installs what it needs, in the folder of the new project alone."""
    answers = {"project_name": "Acme Churn", "sample_operator": "yes", "ci": "none"}
    start_new(starter, tmp_path, answers | {"capabilities": "none", "trackers": "mlflow"})
    project = tmp_path / "acme-churn"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    clean["PATH"] = clean["PATH"].replace(str(PROJECT / ".venv/bin"), "")
    done = subprocess.run(
        ["make", "run", f"PYTHON={Path(sys.executable).resolve()}"],
        cwd=project,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "customers scored as of 2026-09-28" in done.stdout
    installed = [path.name for path in project.glob(".venv/lib/*/site-packages/*")]
    assert "mlflow" in installed
    assert not {"wandb", "pyspark", "pytest", "polars", "ruff"} & set(installed)
    shutil.rmtree(project)
