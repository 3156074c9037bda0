"""Shared fixtures: a small sample operator in memory, and a copy of the project to run in."""

import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import mlflow
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result
from deltalake import DeltaTable
from filelock import FileLock
from kedro.framework.startup import bootstrap_project

from kedro_asof.locks import LOCKS
from kedro_asof.params import AsOf
from kedro_asof.readiness import ReadinessParams
from kedro_asof.sampling.environment import FACTS
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.simulation import MessParams, SimulationParams
from telco_churn.parameters.snapshots import SnapshotParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.pipelines.simulation.nodes import simulate_operator
from tests.kedro_asof.fixtures import engine, put, repository  # noqa: F401  (for all tests)

PROJECT = Path(__file__).parents[1]
EVENT_TABLES = ("subscriptions", "usage", "invoices", "contacts", "cancellations")
ZONE = "Europe/London"
NO_MESS = MessParams(duplicate_fraction=0, impossible_fraction=0, unknown_customer_fraction=0)


def read_parameters(name: str) -> dict[str, Any]:
    """Read a committed block of conf/base/parameters, with no absent tables."""
    path = PROJECT / "conf" / "base" / "parameters" / f"{name}.yml"
    return yaml.safe_load(path.read_text().replace("${globals:absent_tables}", "[]"))[name]


def simulation_params(**changes: Any) -> SimulationParams:
    return SimulationParams(**(read_parameters("simulation") | {"mess": NO_MESS} | changes))


def feature_params() -> FeatureParams:
    return FeatureParams(**read_parameters("features"))


def snapshot_params(**changes: Any) -> SnapshotParams:
    return SnapshotParams(**(read_parameters("snapshots") | changes))


def label_params(**changes: Any) -> LabelParams:
    return LabelParams(**(read_parameters("label") | changes))


def eligibility_params(**changes: Any) -> EligibilityParams:
    return EligibilityParams(**(read_parameters("eligibility") | changes))


def training_params(**changes: Any) -> TrainingParams:
    return TrainingParams(**(read_parameters("training") | changes))


def lightgbm_params(**changes: Any) -> LightGBMParams:
    return LightGBMParams(**(read_parameters("lightgbm") | changes))


def tuning_params(**changes: Any) -> TuningParams:
    return TuningParams(**(read_parameters("tuning") | changes))


def decision_params(**changes: Any) -> DecisionParams:
    return DecisionParams(**(read_parameters("decision") | changes))


def evaluation_params(**changes: Any) -> EvaluationParams:
    return EvaluationParams(**(read_parameters("evaluation") | changes))


def reason_params() -> ReasonParams:
    return ReasonParams(**read_parameters("reasons"))


def readiness_params(**sources: Any) -> ReadinessParams:
    """Build readiness from sources by name, each `(column, lag_days)`."""
    return ReadinessParams(
        sources={name: {"date": day, "lag_days": lag} for name, (day, lag) in sources.items()}
    )


def as_of(day: str) -> AsOf:
    return AsOf(date.fromisoformat(day))


def slow_after(fast: int, cases: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Mark all cases as slow except the first `fast` ones."""
    return [
        pytest.param(*case, marks=() if number < fast else pytest.mark.slow)
        for number, case in enumerate(cases)
    ]


def simulate_tables(params: SimulationParams) -> dict[str, pa.Table]:
    """Simulate the raw tables of a sample operator, without the prefix, and its true hazard."""
    return {
        name.removeprefix("raw_"): pa.concat_tables(blocks)
        for name, blocks in simulate_operator(params).items()
    }


@dataclass(frozen=True)
class ProjectCopy:
    """A copy of the project's configuration, to which runs write their outputs."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data" / "test"

    def run(self, *arguments: str, env: str = "test") -> Result:
        """Run `kedro run` in this process, with the arguments of a command line."""
        bootstrap_project(self.path)
        from telco_churn.cli import run  # noqa: PLC0415  (Kedro must bootstrap the project first)

        result = CliRunner(catch_exceptions=False).invoke(run, ["--env", env, *arguments])
        assert mlflow.active_run() is None
        return result

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a configuration file."""
        file = self.path / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    def own_registry(self) -> None:
        """Use the absolute path of the registry, because MLflow keeps connections open by name."""
        place = f"sqlite:///{self.path}/mlflow.db"
        self.edit("conf/base/mlflow.yml", "sqlite:///${in_project:mlflow.db}", place)

    def own_files(self, original: Path) -> None:
        """Point the registry of a copy to the copy's files, which a test can change."""
        places = {
            "experiments": "artifact_location",
            "logged_models": "artifact_location",
            "model_versions": "storage_location",
            "runs": "artifact_uri",
        }
        with sqlite3.connect(self.path / "mlflow.db") as database:
            for table, column in places.items():
                database.execute(
                    f"update {table} set {column} = replace({column}, ?, ?)",
                    [str(original), str(self.path)],
                )

    def snapshot(self) -> dict[str, bytes]:
        """Read every file under data/, by path, except the empty lock files of runs."""
        files = (self.path / "data").rglob("*")
        return {
            str(file.relative_to(self.path)): file.read_bytes()
            for file in files
            if file.is_file() and file.parent.name != LOCKS
        }


@pytest.fixture(scope="session")
def finished_project(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> ProjectCopy:
    """A project after a full `kedro run` with 1,000 customers; tests must not change it.

    The processes of pytest-xdist share it: the first process makes it, the others wait.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    project, finished = ProjectCopy(shared / "finished" / "project"), shared / "finished" / "done"
    with FileLock(shared / "finished.lock"):
        if not finished.exists():
            shutil.rmtree(shared / "finished", ignore_errors=True)
            copy_project(project.path)
            project.own_registry()
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(project.path)
                result = project.run()
            assert result.exit_code == 0, result.output
            finished.touch()
    return project


@pytest.fixture
def new_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectCopy:
    """A copy of the project in which nothing has run yet."""
    copy = ProjectCopy(tmp_path / "project")
    copy_project(copy.path)
    copy.own_registry()
    copy.edit("conf/base/wandb.yml", "mode: auto", "mode: disabled")
    monkeypatch.chdir(copy.path)
    return copy


@pytest.fixture
def project(
    finished_project: ProjectCopy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ProjectCopy:
    """A copy of the finished project that a test can change."""
    copy = ProjectCopy(tmp_path / "project")
    shutil.copytree(finished_project.path, copy.path, symlinks=True)
    copy.edit("conf/base/wandb.yml", "mode: auto", "mode: disabled")
    copy.edit("conf/base/mlflow.yml", str(finished_project.path), str(copy.path))
    copy.own_files(finished_project.path)
    monkeypatch.chdir(copy.path)
    return copy


def list_samples(folder: str, names: list[str]) -> list[str]:
    """List the environments that `kedro sample` wrote: they are not part of the project."""
    return [name for name in names if (Path(folder) / name / FACTS).exists()]


def copy_project(path: Path) -> None:
    path.mkdir(parents=True)
    shutil.copytree(PROJECT / "conf", path / "conf", ignore=list_samples)
    shutil.copy(PROJECT / "pyproject.toml", path)
    shutil.copy(PROJECT / ".telemetry", path)
    (path / "src").mkdir()  # Kedro needs the folder; the package itself is installed


def read_primary(data: Path, table: str) -> pa.Table:
    """Read a primary table: one file, or a Delta table if it has deliveries."""
    path = data / "03_primary" / table
    if not path.exists():
        return pq.read_table(path.with_suffix(".parquet"))
    rows = DeltaTable(path).to_pyarrow_table()
    return rows.drop_columns(["delivered_in", "event_month"])
