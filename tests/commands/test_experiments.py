"""`kedro experiments` shows parameters that differ, best metrics and runs on other data."""

from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from kedro_asof.errors import ExitCode
from telco_churn.commands.compare_runs import Experiment, compare
from telco_churn.commands.experiments import experiments, read_experiments
from tests.conftest import ProjectCopy


def run(number: int, data: str = "d" * 64, **changes: object) -> Experiment:
    parameters = {"lightgbm.num_leaves": "7", "seed": "1"}
    metrics = {"roc_auc": 0.7, "log_loss": 0.1, "other": 1.0}
    given = {name: value for name, value in changes.items() if name in metrics}
    return Experiment(
        run_id=f"{number}" * 32,
        facts={"data": data, "pipeline": "training"},
        parameters=parameters | {"lightgbm.num_leaves": str(changes.get("leaves", 7))},
        metrics=metrics | given,  # type: ignore[arg-type]
    )


def cells(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.split()[:1] == [name]]
    return [cell.strip() for cell in line.split("  ") if cell.strip()][1:]


def test_only_parameters_that_differ_are_shown() -> None:
    shown = compare([run(1, leaves=7), run(2, leaves=15)], ["*"])
    assert cells(shown, "lightgbm.num_leaves") == ["7", "15"]
    assert "seed" not in shown
    assert "No parameter differs." in compare([run(1), run(2)], ["*"])


def test_the_best_is_the_largest_or_the_smallest_loss() -> None:
    shown = compare([run(1, roc_auc=0.8, log_loss=0.2), run(2)], ["roc_auc", "log_loss"])
    assert cells(shown, "roc_auc") == ["0.8 *", "0.7"]
    assert cells(shown, "log_loss") == ["0.2", "0.1 *"]
    assert "other" not in shown


def test_equal_metrics_have_no_best() -> None:
    assert cells(compare([run(1), run(2)], ["roc_auc"]), "roc_auc") == ["0.7", "0.7"]


def best(name: str, *values: float) -> list[str]:
    runs = [
        Experiment(str(number) * 32, {}, {}, {name: value}) for number, value in enumerate(values)
    ]
    return cells(compare(runs, ["*"]), name)


@pytest.mark.parametrize(
    "name", ["rmse", "test.rmse", "false_positive_rate", "log_loss", "val_mae"]
)
def test_the_smallest_error_or_false_alarm_rate_is_best(name: str) -> None:
    assert best(name, 0.2, 0.1) == ["0.2", "0.1 *"]
    assert best("glossiness", 0.2, 0.1) == ["0.2 *", "0.1"]


@pytest.mark.parametrize("place", [0, 1])
def test_nan_is_never_the_best(place: int) -> None:
    values = [0.1, 0.2]
    values.insert(place, float("nan"))
    assert best("roc_auc", *values)[2 if place < 2 else 0] == "0.2 *"
    assert best("roc_auc", float("nan"), float("nan")) == ["nan", "nan"]


def test_long_names_shift_no_column() -> None:
    metrics = {"roc_auc": 0.5, "a_metric_with_a_name_that_goes_on_and_on_and_on": 0.25}
    lines = compare([Experiment("1" * 32, {}, {}, metrics)], ["*"]).splitlines()
    starts = {
        line.index(value) for line in lines for value in ("0.5", "0.25", "1" * 8) if value in line
    }
    assert len(starts) == 1


def test_help_shows_its_examples_line_by_line() -> None:
    shown = CliRunner().invoke(experiments, ["--help"]).output
    assert "\\b" not in shown
    assert "\b" not in shown
    assert "  kedro experiments --last 3 --pipeline training\n" in shown


@pytest.mark.parametrize(
    ("env", "change", "expected"),
    [
        ("nonsense", None, "nonsense"),
        ("test", ("conf/base/wandb.yml", "mode: disabled", "mode: often"), "mode is 'often'"),
        (
            "test",
            ("conf/base/mlflow.yml", "sqlite:///", "http://127.0.0.1:9/"),
            "127.0.0.1:9",
        ),
    ],
)
def test_an_error_takes_one_line(
    env: str,
    change: tuple[str, str, str] | None,
    expected: str,
    project: ProjectCopy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if change:
        project.edit(*change)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.chdir(project.path)
    bootstrap_project(project.path)
    before = mlflow.get_tracking_uri()
    try:
        result = CliRunner().invoke(experiments, ["--env", env])
    finally:
        mlflow.set_tracking_uri(before)
    assert result.exit_code in {1, 2}
    assert isinstance(result.exception, SystemExit), result.exception
    (line,) = [line for line in result.output.splitlines() if line.startswith("Error")]
    assert expected in line


def test_runs_on_different_data_come_with_a_warning() -> None:
    assert "do not compare" in compare([run(1), run(2, data="e" * 64)], ["*"])
    assert "do not compare" not in compare([run(1), run(2)], ["*"])


@pytest.fixture
def experiment(tmp_path: Path) -> Iterator[str]:
    """Create an experiment `e`, and return its id."""
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/runs.db")
    yield mlflow.create_experiment("e", artifact_location=str(tmp_path / "files"))
    mlflow.set_tracking_uri(before)


def log_run(experiment: str, name: str, **metrics: float) -> None:
    with mlflow.start_run(run_name=name, experiment_id=experiment):
        mlflow.log_metrics(metrics)


def test_runs_are_read_latest_first_and_of_one_pipeline(experiment: str) -> None:
    # A name had no date before.
    for number, name in enumerate(
        ("training", "scoring 2026-09-28", "features+training 2026-09-28")
    ):
        log_run(experiment, name, roc_auc=number)
    found = read_experiments("e", last=5, pipeline="training")
    assert [each.metrics["roc_auc"] for each in found] == [2, 0]
    assert [each.facts["pipeline"] for each in found] == ["features+training", "training"]
    assert len(read_experiments("e", last=1, pipeline=None)) == 1
    assert read_experiments("unknown", last=1, pipeline=None) == []


def test_runs_without_metrics_are_read_only_when_asked_for(experiment: str) -> None:
    log_run(experiment, "training 2026-09-28", roc_auc=0.7)
    log_run(experiment, "rollback 2026-09-28")
    (found,) = read_experiments("e", last=1, pipeline=None)
    assert found.facts["pipeline"] == "training"
    (found,) = read_experiments("e", last=1, pipeline=None, is_all=True)
    assert found.facts["pipeline"] == "rollback"


def test_the_champion_and_its_data_are_shown(
    finished_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished_project.path)
    bootstrap_project(finished_project.path)
    result = CliRunner(catch_exceptions=False).invoke(experiments, ["--env", "test"])
    assert result.exit_code == 0, result.output
    assert cells(result.output, "model_status") == ["champion"]
    assert cells(result.output, "model") == ["telco_churn_test 1"]
    assert len(cells(result.output, "data")[0]) == 12


def test_an_experiment_without_runs_says_what_to_do(
    finished_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(finished_project.path)
    bootstrap_project(finished_project.path)
    asked = ["--env", "test", "--pipeline", "own_table"]
    result = CliRunner(catch_exceptions=False).invoke(experiments, asked)
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "No runs with metrics of pipeline 'own_table' found in MLflow's" in result.output
    assert "'telco_churn_test'. Run " in result.output
    assert "Run `kedro run --env test` first, or add --all" in result.output
