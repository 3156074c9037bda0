"""Concurrent and killed processes: a training appoints the version it registered, or none.

Only a registered package scores customers: a package with one changed byte is refused.
"""

import json
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.postgresql import Server, require_postgresql, start_postgresql
from tests.processes import MOVE_ALIAS, REGISTER, Start, read_until, start_run, wait_for_stop

pytestmark = pytest.mark.slow

NAME = "telco_churn_test"
# Starting at these nodes, a training takes seconds and reads examples from its project.
FROM_EXAMPLES = ("--from-nodes", "training.read_examples,release.describe_operator")
TRAINING = ("--pipelines", "training", *FROM_EXAMPLES)
NEVER_GOOD_ENOUGH = "gate.max_calibration_error=0.000001"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    require_postgresql()
    with start_postgresql() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty registry."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shared.db"
    running: Server = request.getfixturevalue("server")
    return running.address(tmp_path.name)


@pytest.fixture
def start() -> Iterator[Start]:
    """Yield a function that starts runs; kill those that a failing test leaves."""
    started = []

    def start_one(*arguments: Any, **options: Any) -> subprocess.Popen[str]:
        started.append(start_run(*arguments, **options))
        return started[-1]

    yield start_one
    for run in started:
        with run:
            run.kill()


def use_registry(project: ProjectCopy, address: str) -> None:
    """Point a project to another registry, with an absolute path for model files."""
    project.edit("conf/base/mlflow.yml", f"sqlite:///{project.path}/mlflow.db", address)
    place = f"artifact_location: {project.path}/mlruns"
    project.edit("conf/base/mlflow.yml", "artifact_location: ${in_project:mlruns}", place)


def copy(project: ProjectCopy, name: str) -> ProjectCopy:
    other = ProjectCopy(project.path.with_name(name))
    shutil.copytree(project.path, other.path, symlinks=True)
    return other


def list_versions(address: str) -> dict[int, ModelVersion]:
    found = MlflowClient(address).search_model_versions(f"name='{NAME}'")
    return {int(entry.version): entry for entry in found}


def champion_of(address: str) -> int | None:
    aliases = MlflowClient(address).get_registered_model(NAME).aliases
    return int(aliases["champion"]) if "champion" in aliases else None


def standings(address: str) -> dict[int, str]:
    return {number: entry.tags["status"] for number, entry in list_versions(address).items()}


def registry_of(project: ProjectCopy) -> str:
    return f"sqlite:///{project.path}/mlflow.db"


def test_of_two_trainings_at_once_the_second_is_told_to_come_later(
    project: ProjectCopy, start: Start
) -> None:
    first = start(project, *TRAINING)
    list(read_until(first, ": training.fit_candidate"))
    first.send_signal(signal.SIGSTOP)
    before = project.snapshot()
    second = start(project, *TRAINING)
    output, _ = second.communicate()
    assert second.returncode == ExitCode.NOT_READY, output
    assert f"Another run is training {NAME}" in output
    assert project.snapshot() == before
    first.send_signal(signal.SIGCONT)
    output, _ = first.communicate()
    assert first.returncode == ExitCode.DONE, output
    assert set(list_versions(registry_of(project))) == {1, 2}


def test_a_training_appoints_its_own_version_whatever_others_register(
    project: ProjectCopy, shared: str, start: Start
) -> None:
    """Two projects share a registry but no data folder, so no lock separates their trainings."""
    use_registry(project, shared)
    other = copy(project, "other")
    ours = start(project, *TRAINING, after=REGISTER, signal_number=signal.SIGSTOP)
    wait_for_stop(ours)
    theirs = start(other, *TRAINING, "--params", NEVER_GOOD_ENOUGH)
    output, _ = theirs.communicate()
    assert theirs.returncode == ExitCode.INVALID_INPUT, output
    assert "the gate did not promote version 2" in output
    ours.send_signal(signal.SIGCONT)
    output, _ = ours.communicate()
    assert ours.returncode == ExitCode.DONE, output
    assert champion_of(shared) == 1
    assert standings(shared) == {1: "champion", 2: "rejected"}


def test_of_two_trainings_that_both_win_the_later_is_not_appointed_unseen(
    project: ProjectCopy, shared: str, start: Start
) -> None:
    """The gate saw no champion, but there is one by the time of the appointment."""
    use_registry(project, shared)
    other = copy(project, "other")
    ours = start(project, *TRAINING, after=REGISTER, signal_number=signal.SIGSTOP)
    wait_for_stop(ours)
    theirs = start(other, *TRAINING)
    output, _ = theirs.communicate()
    assert theirs.returncode == ExitCode.DONE, output
    log = (project.data / "06_models" / "promotion_log.jsonl").read_bytes()
    ours.send_signal(signal.SIGCONT)
    output, _ = ours.communicate()
    assert ours.returncode == ExitCode.NOT_READY, output
    assert "changed from version none to 2" in output
    assert champion_of(shared) == 2
    assert standings(shared) == {1: "challenger", 2: "champion"}
    assert (project.data / "06_models" / "promotion_log.jsonl").read_bytes() == log


def test_a_training_that_is_killed_as_it_registers_leaves_a_whole_version(
    project: ProjectCopy, start: Start
) -> None:
    killed = start(project, *TRAINING, after=REGISTER)
    output, _ = killed.communicate()
    assert killed.returncode == -signal.SIGKILL, output
    tags = list_versions(registry_of(project))[2].tags
    assert tags["gate"] == tags["status"] == "challenger"
    assert "artifacts/model/booster.txt" in json.loads(tags["files"])
    result = project.run("--pipelines", "promote", "--params", "version=2")
    assert result.exit_code == ExitCode.DONE, result.output
    assert standings(registry_of(project)) == {1: "replaced", 2: "champion"}


@pytest.mark.parametrize("mending", ["promote", "rollback", "training"])
def test_tags_that_a_killed_promotion_left_are_mended(
    mending: str, project: ProjectCopy, start: Start
) -> None:
    address = registry_of(project)
    trained = start(project, *TRAINING, "--params", "gate.required_gain=0")
    assert trained.wait() == ExitCode.DONE
    promote = ("--pipelines", "promote", "--params")
    killed = start(project, *promote, "version=2", after=MOVE_ALIAS)
    output, _ = killed.communicate()
    assert killed.returncode == -signal.SIGKILL, output
    assert champion_of(address) == 2
    assert standings(address) == {1: "champion", 2: "challenger"}
    runs = {
        "promote": (*promote, "version=1"),
        "rollback": ("--pipelines", "rollback"),
        "training": TRAINING,
    }
    result = project.run(*runs[mending])
    assert result.exit_code == ExitCode.DONE, result.output
    expected = {
        "promote": {1: "champion", 2: "replaced"},
        "rollback": {1: "champion", 2: "replaced"},
        "training": {1: "replaced", 2: "champion", 3: "challenger"},
    }
    assert standings(address) == expected[mending]


def test_a_version_without_a_decision_is_not_promoted_and_the_next_training_marks_it(
    project: ProjectCopy,
) -> None:
    with sqlite3.connect(project.path / "mlflow.db") as database:
        known = MlflowClient(registry_of(project)).get_model_version(NAME, "1")
        MlflowClient(registry_of(project)).create_model_version(NAME, known.source, known.run_id)
        assert database.execute("select count(*) from model_versions").fetchone() == (2,)
    refused = project.run("--pipelines", "promote", "--params", "version=2")
    assert refused.exit_code == ExitCode.INVALID_INPUT, refused.output
    assert "Version 2 of telco_churn_test is incomplete" in refused.output
    result = project.run(*TRAINING)
    assert result.exit_code == ExitCode.DONE, result.output
    assert standings(registry_of(project))[2] == "incomplete"


def test_a_champion_of_which_a_digit_was_changed_does_not_score(
    project: ProjectCopy, start: Start
) -> None:
    (booster,) = project.path.glob("mlruns/**/booster.txt")
    text = booster.read_text()
    at = text.index("leaf_value=") + len("leaf_value=-0.0")
    booster.write_text(text[:at] + ("7" if text[at] != "7" else "3") + text[at + 1 :])
    before = project.snapshot()
    run = start(project, "--pipelines", "scoring", "--params", "as_of=2026-08-31")
    output, _ = run.communicate()
    assert run.returncode == ExitCode.INVALID_INPUT, output
    said = f"Error: Version 1 of {NAME} differs from the registered files: "
    assert f"{said}artifacts/model/booster.txt was changed" in output
    assert "Traceback" not in output
    changed = {path for path, content in project.snapshot().items() if before.get(path) != content}
    assert [path for path in changed if "churn_scores" in path or "contact_list" in path] == []
