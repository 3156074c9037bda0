"""The baselines of a candidate judge the same rows, each in its own simple way."""

import numpy as np
import pandas as pd

from telco_churn.parameters.evaluation import RuleOfThumbParams
from telco_churn.pipelines.training.baselines import predict_by_baselines, predict_by_rule
from telco_churn.training_data.training_examples import Rows
from tests.conftest import evaluation_params, lightgbm_params, training_params

RULE = RuleOfThumbParams(feature="contract_days_left", lowest=0, highest=60)


def make_rows(seed: int) -> Rows:
    rng = np.random.default_rng(seed)
    days = np.where(rng.random(2000) < 0.3, np.nan, rng.integers(-50, 400, 2000))
    risk = np.where((days >= 0) & (days <= 60), 0.4, 0.1)
    features = pd.DataFrame({"contract_days_left": days, "plan": rng.choice(["a", "b"], 2000)})
    return Rows(features, rng.random(2000) < risk)


def test_the_rule_gives_the_churn_rate_of_those_it_names() -> None:
    train = Rows(
        pd.DataFrame({"contract_days_left": [0.0, 60.0, 61.0, -1.0, np.nan, 30.0]}),
        np.array([True, True, False, True, False, False]),
    )
    test = pd.DataFrame({"contract_days_left": [59.5, 100.0, np.nan]})
    assert predict_by_rule(train, test, RULE).tolist() == [2 / 3, 1 / 3, 1 / 3]


def test_a_rule_that_names_nobody_gives_everyone_the_rate_of_all() -> None:
    train = Rows(pd.DataFrame({"contract_days_left": [90.0, 80.0]}), np.array([True, False]))
    test = pd.DataFrame({"contract_days_left": [10.0, 90.0]})
    assert predict_by_rule(train, test, RULE).tolist() == [0.5, 0.5]


def test_all_rivals_judge_every_row_with_a_probability() -> None:
    train, test = make_rows(1), make_rows(2).features
    judged = predict_by_baselines(
        train, test, training_params(), lightgbm_params(), evaluation_params()
    )
    assert list(judged) == ["rule_of_thumb", "logistic_regression", "untuned_lightgbm"]
    for probability in judged.values():
        assert probability.shape == (2000,)
        assert ((probability >= 0) & (probability <= 1)).all()


def test_without_the_feature_of_the_rule_as_a_number_there_is_no_rule() -> None:
    train, test = make_rows(1), make_rows(2).features
    bare = Rows(train.features.drop(columns="contract_days_left"), train.churned)
    judged = predict_by_baselines(
        bare, test[["plan"]], training_params(), lightgbm_params(), evaluation_params()
    )
    assert list(judged) == ["logistic_regression", "untuned_lightgbm"]
    as_text = Rows(train.features.astype({"contract_days_left": "str"}), train.churned)
    judged = predict_by_baselines(
        as_text,
        test.astype({"contract_days_left": "str"}),
        training_params(),
        lightgbm_params(),
        evaluation_params(),
    )
    assert list(judged) == ["logistic_regression", "untuned_lightgbm"]
    none = predict_by_baselines(
        train, test, training_params(), lightgbm_params(), evaluation_params(rule_of_thumb=None)
    )
    assert list(none) == ["logistic_regression", "untuned_lightgbm"]
