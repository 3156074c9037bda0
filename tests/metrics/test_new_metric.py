"""A new entry in the table of metrics is enough for every report to show the metric."""

from pathlib import Path
from types import SimpleNamespace

import ibis
import mlflow
import pandas as pd
import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from kedro_asof.params import AsOf
from telco_churn import plots
from telco_churn.commands import experiments as command
from telco_churn.commands.compare_runs import Experiment
from telco_churn.metrics.metric_table import METRICS, Metric, WeightedModel
from telco_churn.parameters.summary import SummaryParams
from telco_churn.pipelines.evaluation.curves import trace_roc
from telco_churn.pipelines.evaluation.nodes import (
    compare_with_baselines,
    compare_with_champion,
    measure_models,
    report_metrics,
)
from telco_churn.pipelines.release.card import write_model_card
from telco_churn.pipelines.scoring.run_summary import summarize_run
from tests.conftest import copy_project
from tests.pipelines.evaluation.predictions import decision, evaluation_params, predict
from tests.pipelines.release.small_card import make_card_inputs

HOW, MONEY = evaluation_params(bootstrap_samples=20), decision(20)
ROWS = predict(200, seed=1).assign(rule_of_thumb=lambda rows: rows["churn_probability"].round(1))
CHAMPION = ROWS[["customer_id", "as_of"]].assign(champion=ROWS["churn_probability"] / 2)


def mean_probability(model: WeightedModel) -> float:
    return float(model.weights @ model.ranking.probability / model.size)


MEAN = ROWS["churn_probability"].mean()


@pytest.fixture(autouse=True)
def _one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Metric(
        "mean_probability",
        "Mean probability",
        "{:.2f}",
        "lower",
        mean_probability,
        curve="roc",
        is_headline=True,
        meaning="the mean of all probabilities",
    )
    monkeypatch.setitem(METRICS, entry.name, entry)


@pytest.fixture
def intervals() -> pd.DataFrame:
    return measure_models(ROWS, CHAMPION, HOW, MONEY)


def test_it_is_measured_for_every_model_with_its_interval(intervals: pd.DataFrame) -> None:
    found = intervals[intervals["metric"] == "mean_probability"].set_index("model")
    assert found["value"].to_dict() == pytest.approx(
        {
            "candidate": MEAN,
            "rule_of_thumb": ROWS["rule_of_thumb"].mean(),
            "champion": MEAN / 2,
        }
    )
    assert (found["low"] < found["value"]).all()
    assert (found["value"] < found["high"]).all()


def test_it_is_among_the_flat_metrics_that_mlflow_and_wandb_get(intervals: pd.DataFrame) -> None:
    metrics = report_metrics(intervals, compare_with_baselines(ROWS, HOW))
    assert metrics["mean_probability"] == pytest.approx(MEAN, abs=1e-6)
    assert {
        "mean_probability_low",
        "mean_probability_high",
        "rule_of_thumb_mean_probability",
    } < set(metrics)


def test_it_is_compared_with_the_champion() -> None:
    comparison = compare_with_champion(ROWS, CHAMPION, HOW, MONEY)
    assert comparison["candidate_mean_probability"] == pytest.approx(MEAN)
    assert comparison["champion_mean_probability"] == pytest.approx(MEAN / 2)


def test_the_card_explains_it_and_says_that_lower_is_better(
    intervals: pd.DataFrame,
) -> None:
    inputs = make_card_inputs(metric_intervals=intervals, roc_points=trace_roc(ROWS))
    for text in write_model_card(**inputs):
        assert f"{MEAN:.2f} (" in text
        assert "Calibration error, Mean probability." in text
        assert "Mean probability: the mean of all probabilities." in text


def test_the_plot_of_its_curve_has_it_in_the_legend(intervals: pd.DataFrame) -> None:
    (axes,) = plots.draw_roc_curve(trace_roc(ROWS), intervals).axes
    assert axes.get_legend().get_title().get_text() == "ROC AUC, Mean probability"
    assert f", {MEAN:.2f} (" in axes.get_legend_handles_labels()[1][1]


def test_kedro_experiments_shows_it_and_marks_the_lowest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [
        Experiment(str(run) * 32, {}, {}, {"mean_probability": value, "training_rows": 9.0})
        for run, value in ((1, 0.25), (2, 0.125))
    ]
    monkeypatch.setattr(command, "read_experiments", lambda *_, **__: runs)
    copy_project(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    bootstrap_project(tmp_path / "project")
    before = mlflow.get_tracking_uri()
    try:
        result = CliRunner(catch_exceptions=False).invoke(command.experiments, ["--env", "test"])
    finally:
        mlflow.set_tracking_uri(before)
    (line,) = [line for line in result.output.splitlines() if "mean_probability" in line]
    assert line.split() == ["mean_probability", "0.25", "0.125", "*"]
    assert "training_rows" not in result.output


def test_the_summary_of_a_scoring_run_has_it_as_a_headline() -> None:
    metrics = {"mean_probability": 0.123, "logistic_regression_mean_probability": 0.456}
    assert summarize(metrics) == "Mean probability 0.12 (logistic 0.46)"


def test_a_champion_registered_before_the_entry_is_summarized_without_it() -> None:
    assert summarize({"roc_auc": 0.81234}) == "ROC AUC 0.8123"
    assert summarize({}) == "no metrics were packaged"


def summarize(metrics: dict[str, float]) -> str:
    """Return the line of the summary about a champion with these metrics."""
    champion = SimpleNamespace(
        name="churn",
        version=1,
        metrics=metrics,
        facts={"as_of": "2026-09-28", "learnt_from": "10"},
    )
    scores = ibis.memtable(
        pd.DataFrame(
            {
                "as_of": [pd.Timestamp("2026-09-28").date()],
                "contact": [True],
                "holdout": [False],
                "expected_value": [1.0],
            }
        )
    )
    text = summarize_run(
        scores,
        champion,  # type: ignore[arg-type]  # the summary reads only these attributes
        "",
        AsOf("2026-09-28"),
        SummaryParams(scores="", currency="EUR", promote=""),
    )
    (line,) = [line for line in text.splitlines() if line.startswith("  held out")]
    return line.removeprefix("  held out  ")
