"""All baselines predict the same test rows, each with a simple method."""

import numpy as np
import pandas as pd
import pytest

from kedro_asof.params import AsOf
from telco_churn import plots
from telco_churn.commands.compare_runs import Experiment, compare
from telco_churn.contracts import HeldOutPredictions
from telco_churn.learning import baselines
from telco_churn.learning.baselines import (
    Baseline,
    Contest,
    predict_by_baselines,
    predict_by_rule,
)
from telco_churn.learning.training_examples import Rows
from telco_churn.parameters.evaluation import RuleOfThumbParams
from telco_churn.pipelines.evaluation.curves import trace_roc
from telco_churn.pipelines.evaluation.nodes import (
    compare_with_baselines,
    measure_models,
    report_metrics,
)
from telco_churn.pipelines.release.card_tables import tabulate_metrics
from telco_churn.pipelines.training.nodes import fit_candidate
from tests.conftest import (
    decision_params,
    evaluation_params,
    lightgbm_params,
    reason_params,
    training_params,
    tuning_params,
)
from tests.pipelines.training.planted_leaks import make_clean_examples

RULE = RuleOfThumbParams(feature="contract_days_left", lowest=0, highest=60)


def make_rows(seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    days = np.where(rng.random(2000) < 0.3, np.nan, rng.integers(-50, 400, 2000))
    risk = np.where((days >= 0) & (days <= 60), 0.4, 0.1)
    features = pd.DataFrame({"contract_days_left": days, "plan": rng.choice(["a", "b"], 2000)})
    return Rows(features, rng.random(2000) < risk)


def contest(train: Rows, test: pd.DataFrame, rule: RuleOfThumbParams | None = RULE) -> Contest:
    return Contest(train, test, seed=1, threads=1, rule=rule)


def test_the_rule_gives_the_churn_rate_of_those_it_names() -> None:
    train = Rows(
        pd.DataFrame({"contract_days_left": [0.0, 60.0, 61.0, -1.0, np.nan, 30.0]}),
        np.array([True, True, False, True, False, False]),
    )
    test = pd.DataFrame({"contract_days_left": [59.5, 100.0, np.nan]})
    assert predict_by_rule(contest(train, test)).tolist() == [2 / 3, 1 / 3, 1 / 3]


def test_a_rule_that_names_nobody_gives_everyone_the_rate_of_all() -> None:
    train = Rows(pd.DataFrame({"contract_days_left": [90.0, 80.0]}), np.array([True, False]))
    test = pd.DataFrame({"contract_days_left": [10.0, 90.0]})
    assert predict_by_rule(contest(train, test)).tolist() == [0.5, 0.5]


def test_all_baselines_judge_every_row_with_a_probability() -> None:
    judged = predict_by_baselines(contest(make_rows(1), make_rows(2).features))
    assert list(judged) == ["rule_of_thumb", "logistic_regression", "untuned_lightgbm"]
    for probability in judged.values():
        assert probability.shape == (2000,)
        assert ((probability >= 0) & (probability <= 1)).all()


def test_without_the_feature_of_the_rule_as_a_number_there_is_no_rule() -> None:
    train, test = make_rows(1), make_rows(2).features
    bare = Rows(train.features.drop(columns="contract_days_left"), train.churned)
    as_text = Rows(train.features.astype({"contract_days_left": "str"}), train.churned)
    for without in (
        contest(bare, test[["plan"]]),
        contest(as_text, test.astype({"contract_days_left": "str"})),
        contest(train, test, rule=None),
    ):
        assert list(predict_by_baselines(without)) == ["logistic_regression", "untuned_lightgbm"]


def test_one_entry_adds_a_baseline_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    def predict_by_rate(given: Contest) -> np.ndarray:
        return np.full(len(given.test), given.train.churned.mean())

    entry = Baseline("churn_rate", "Churn rate of all", "#123456", predict_by_rate)
    monkeypatch.setattr(baselines, "BASELINES", (*baselines.BASELINES, entry))

    examples = make_clean_examples(600, 0.3, seed=1)
    examples["split"] = ["train", "calibration", "test"] * 200
    evaluation = evaluation_params(bootstrap_samples=20, slices=())
    judged = fit_candidate(
        examples,
        [],
        training_params(),
        lightgbm_params(max_trees=20),
        tuning_params(),
        evaluation,
        decision_params(),
        reason_params(),
        lambda _: None,  # type: ignore[arg-type, return-value]  # no study is opened
    )[1]
    HeldOutPredictions.validate(judged)
    assert judged["churn_rate"].nunique() == 1
    with pytest.raises(Exception, match="churn_rate"):
        HeldOutPredictions.validate(judged.assign(churn_rate=1.5))

    intervals = measure_models(judged, pd.DataFrame(), evaluation, decision_params())
    assert "churn_rate" in set(intervals["model"])
    metrics = report_metrics(intervals, compare_with_baselines(judged, evaluation))
    assert metrics["churn_rate_roc_auc"] == 0.5

    card = tabulate_metrics(intervals)
    assert [*card.columns][-1] == "Churn rate of all"
    (axes,) = plots.draw_roc_curve(trace_roc(judged), intervals).axes
    (line,) = [each for each in axes.lines if str(each.get_label()).startswith(entry.title)]
    assert line.get_color() == "#123456"

    as_of = {"as_of": str(AsOf("2026-01-01"))}
    shown = compare([Experiment("r1", as_of, {}, metrics)], ("churn_rate_*",))
    assert "churn_rate_roc_auc" in shown
