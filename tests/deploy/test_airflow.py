"""The DAG on a real Airflow: the result of each exit code, Airflow's own backfill, a real run."""

import sys
from pathlib import Path

import pytest

from tests.conftest import ProjectCopy
from tests.deploy.airflow_install import DAG, install_airflow, set_up_airflow
from tests.deploy.stand_in import make_stand_in

# All tests share one installation.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("airflow")]

# For each Monday the exit codes of its tries and the final state of its task.
MONDAYS = {
    "2026-08-31": ([0], "success"),
    "2026-09-07": ([99], "skipped"),
    "2026-09-14": ([75, 75, 75, 1, 0], "success"),
    "2026-09-21": ([65], "failed"),
    "2026-09-28": ([2], "failed"),
    "2026-10-05": ([1] * 5, "failed"),
}


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of Airflow's commands."""
    return install_airflow(tmp_path_factory.mktemp("airflow") / "venv")


def test_a_backfill_scores_each_monday_and_retries_by_exit_code(
    commands: Path, tmp_path: Path
) -> None:
    stand_in = make_stand_in(tmp_path / "project")
    for day, (codes, _) in MONDAYS.items():
        stand_in.answer(day, *codes)
    airflow = set_up_airflow(commands, tmp_path / "airflow", stand_in.path)
    airflow.run("dags", "reserialize")
    airflow.run("dags", "unpause", DAG, "--yes")
    airflow.run(
        "backfill", "create", "--dag-id", DAG, "--from-date", "2026-08-31",
        "--to-date", "2026-10-06", "--max-active-runs", "2",
        "--dag-run-conf", '{"pipelines": "scoring"}',
    )  # fmt: skip
    with airflow.status():
        states = airflow.wait_for("backfill", len(MONDAYS))
    assert states == {day: state for day, (_, state) in MONDAYS.items()}
    for day, (codes, _) in MONDAYS.items():
        call = f"run --pipelines scoring --params as_of={day}"
        assert stand_in.calls.count(call) == len(codes), day


def test_a_dag_run_is_a_real_run_for_its_logical_date(
    commands: Path, project: ProjectCopy, tmp_path: Path
) -> None:
    (project.path / ".venv").symlink_to(sys.prefix)
    airflow = set_up_airflow(commands, tmp_path / "airflow", project.path)
    log = airflow.run("dags", "test", DAG, "2026-08-31")
    assert "customers scored as of 2026-08-31" in log
    assert airflow.states("manual") == {"2026-08-31": "success"}
