"""The packaged model: its scores, its errors, and that a saved model scores equally."""

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest

from telco_churn.learning.fit_model import fit_calibration, fit_churn_model
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.learning.logistic_regression import fit_logistic_regression
from telco_churn.learning.training_examples import Rows
from telco_churn.model.calibration import SigmoidCalibration
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.model.lightgbm_scorer import LightGBMScorer
from tests.model.examples import DECISION, SETTINGS, make_rows

REASONS = ["reason_1", "reason_2", "reason_3"]
LEARNER = LightGBMLearner(SETTINGS, 50)
EVIDENCE = [f"{reason}_{part}" for reason in REASONS for part in ("feature", "value")]


def read_booster(model: ChurnModel) -> lgb.Booster:
    assert isinstance(model.scorer, LightGBMScorer)
    return model.scorer.booster


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    return fit_churn_model(
        make_rows(1, 9000), make_rows(2, 9000), LightGBMLearner(SETTINGS, 300), DECISION
    ).model


def test_a_saved_model_scores_as_before(model: ChurnModel, tmp_path: Path) -> None:
    features = make_rows(3).features
    model.save(tmp_path)
    assert ChurnModel.load(tmp_path) == model
    pd.testing.assert_frame_equal(ChurnModel.load(tmp_path).score(features), model.score(features))


def test_a_saved_model_is_text(model: ChurnModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["booster.txt", "model.json"]
    assert all(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())


def test_a_model_travels_as_its_text_whatever_it_was_asked_before(model: ChurnModel) -> None:
    features = make_rows(3, 50).features
    scores = model.score(features)
    travelled = pickle.loads(pickle.dumps(model))
    assert set(vars(travelled.scorer)) == {"text"}
    pd.testing.assert_frame_equal(travelled.score(features), scores)


def test_probabilities_mean_what_they_say(model: ChurnModel) -> None:
    rows = make_rows(4, rows=20_000)
    probability = model.predict_probability(rows.features)
    for group in np.array_split(np.argsort(probability), 5):
        assert rows.churned[group].mean() == pytest.approx(probability[group].mean(), abs=0.03)


def test_the_order_of_columns_does_not_matter(model: ChurnModel) -> None:
    features = make_rows(5).features
    turned = features[list(reversed(features.columns))]
    pd.testing.assert_frame_equal(model.score(features), model.score(turned))


def test_an_unknown_category_scores_as_a_missing_one(model: ChurnModel) -> None:
    features = make_rows(6, rows=50).features
    unknown, missing = features.assign(plan="gold"), features.assign(plan=None)
    assert np.array_equal(model.predict_probability(unknown), model.predict_probability(missing))


@pytest.mark.parametrize("ask", ["predict", "contributions", "explain", "score"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="plan"), r"missing \['plan'\]"),
        (lambda frame: frame.assign(roaming=1), r"extra \['roaming'\]"),
        (lambda frame: frame.assign(bill_shock="high"), r"not numbers \['bill_shock"),
        (lambda frame: frame.assign(plan=2), r"not text \['plan \(int64\)'\]"),
        (
            lambda frame: frame.assign(bill_shock=[np.inf, -np.inf, *[1.0] * 8]),
            r"infinite values, number of rows by column: \{'bill_shock': 2\}",
        ),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(
    change: Any, message: str, ask: str, model: ChurnModel
) -> None:
    with pytest.raises(FeatureMismatchError, match=message):
        getattr(model, ask)(change(make_rows(7, rows=10).features))


def test_other_money_changes_the_value_and_not_the_probability(model: ChurnModel) -> None:
    features = make_rows(8, 100).features
    scores, dear = model.predict(features), model.with_decision(DEAR).predict(features)
    assert scores["churn_probability"].equals(dear["churn_probability"])
    assert (dear["expected_value"] < 0).all()


def test_reasons_are_the_features_that_raise_the_score_most(model: ChurnModel) -> None:
    features = make_rows(8).features
    shares, found = model.contributions(features), model.explain(features)
    for place, reason in enumerate(REASONS):
        ranked = np.sort(shares.to_numpy(), axis=1)[:, ::-1][:, place]
        raised = ranked > 0
        assert (found[reason].notna() == raised).all()
        assert found[f"{reason}_contribution"][raised].tolist() == ranked[raised].tolist()
        named = found.loc[raised, f"{reason}_feature"]
        assert [shares.at[row, name] for row, name in named.items()] == ranked[raised].tolist()
    assert found["reason_1"].notna().any()
    assert found["reason_3"].isna().any()


def test_a_reason_keeps_its_value_beside_it(model: ChurnModel) -> None:
    features = make_rows(8).features
    found = model.explain(features)
    by_plan = found[found["reason_1_feature"] == "plan"]
    assert by_plan["reason_1_value"].tolist() == features.loc[by_plan.index, "plan"].tolist()
    by_bill = found[(found["reason_1_feature"] == "bill_shock") & found["reason_1_value"].notna()]
    raw = features.loc[by_bill.index, "bill_shock"]
    assert by_bill["reason_1_value"].astype(float).tolist() == pytest.approx(raw.tolist())


def test_scores_of_no_customer_have_the_same_types(model: ChurnModel) -> None:
    features = make_rows(8).features
    scores, nothing = model.score(features), model.score(features.head(0))
    assert nothing.dtypes.equals(scores.dtypes)
    assert model.contributions(features.head(0)).shape == (0, 3)


def test_reasons_are_given_to_the_customers_that_params_select(model: ChurnModel) -> None:
    features = make_rows(9).features.set_index(np.arange(3000) // 2)  # an index with duplicates
    everyone, nobody = model.score(features), model.score(features, reasons="none")
    worth = model.score(features, reasons="worth_contact")
    asked = (worth["expected_value"] > 0).to_numpy()
    assert 0 < asked.sum() < len(asked)
    pd.testing.assert_frame_equal(worth[asked], everyone[asked])
    assert worth[~asked][[*REASONS, *EVIDENCE]].isna().all(axis=None)
    pd.testing.assert_frame_equal(worth[~asked], nobody[~asked])
    assert everyone.dtypes.equals(nobody.dtypes)
    with pytest.raises(ValueError, match="Invalid reasons 'some': expected one of"):
        model.score(features, reasons="some")  # type: ignore[arg-type]


def test_scores_do_not_depend_on_the_batch_that_a_row_comes_in(model: ChurnModel) -> None:
    features = make_rows(11, 200).features
    together = model.score(features)
    alone = pd.concat([model.score(features.iloc[[row]]) for row in range(len(features))])
    pd.testing.assert_frame_equal(alone, together, check_exact=True)


def test_a_contact_is_worth_what_it_wins_less_what_it_costs() -> None:
    value = DECISION.expected_value(np.array([0.0, 0.05, 1.0]))
    assert value.tolist() == pytest.approx([-6.0, 0.0, 114.0])


def test_risk_bands_begin_where_they_say() -> None:
    bands = DECISION.risk_band(np.array([0.0, 0.03, 0.499, 0.5, 1.0]))
    assert bands.tolist() == ["low", "medium", "medium", "high", "high"]


def test_calibration_finds_the_curve_it_was_made_with() -> None:
    rng = np.random.default_rng(1)
    raw = rng.normal(0, 2, 200_000)
    churned = rng.random(len(raw)) < 1 / (1 + np.exp(-(0.7 * raw - 1.5)))
    curve = fit_calibration(raw, churned)
    assert (curve.slope, curve.intercept) == pytest.approx((0.7, -1.5), abs=0.03)


def test_encoding_reads_numbers_booleans_and_text() -> None:
    frame = pd.DataFrame(
        {"a": [1, 2], "b": [True, False], "c": ["x", None], "d": np.array([True, None], object)}
    )
    encoding = FeatureEncoding.fit(frame)
    assert (encoding.numeric, encoding.categories) == (("a", "b", "d"), {"c": ("x",)})
    assert encoding.encode(frame)[0].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert np.isnan(encoding.encode(frame)[1]).tolist() == [False, False, True, True]


@pytest.mark.parametrize("empty", [np.nan, None, pd.Series([None] * 3000, dtype="str")])
def test_a_feature_without_any_value_says_nothing(empty: Any) -> None:
    rows, later = make_rows(1), make_rows(2)
    holed = Rows(rows.features.assign(hole=empty), rows.churned)
    found = fit_churn_model(
        holed, Rows(later.features.assign(hole=empty), later.churned), LEARNER, DECISION
    ).model
    without = fit_churn_model(rows, later, LEARNER, DECISION).model
    assert (found.contributions(holed.features)["hole"] == 0).all()
    assert np.allclose(
        found.predict_probability(holed.features), without.predict_probability(rows.features)
    )
    regression = fit_logistic_regression(holed)
    assert np.isfinite(regression.predict_proba(holed.features)).all()


def test_the_history_tells_the_losses_of_the_trees_so_far() -> None:
    train, calibration = make_rows(1, 9000), make_rows(2, 9000)
    settings = SETTINGS | {"early_stopping_round": 0}
    fitted = fit_churn_model(train, calibration, LightGBMLearner(settings, 60), DECISION)
    model, history = fitted.model, fitted.history
    assert history["steps"].tolist()[:2] + history["steps"].tolist()[-1:] == [1, 4, 60]
    assert len(history) in (20, 21)  # includes the best step
    matrix, booster = model.encoding.encode(train.features), read_booster(model)
    for trees, loss in zip(history["steps"], history["train_log_loss"], strict=True):
        said = booster.predict(matrix, num_iteration=trees)
        of_churned = np.where(train.churned, said, 1 - said)
        assert loss == pytest.approx(-np.log(of_churned).mean(), abs=1e-9)
    assert history["calibration_log_loss"].iloc[-1] < history["calibration_log_loss"].iloc[0]


def test_columns_may_have_names_that_lightgbm_refuses() -> None:
    def rename(rows: Rows) -> Rows:
        return Rows(rows.features.rename(columns={"plan": 'plan: "now", [all]'}), rows.churned)

    model = fit_churn_model(rename(make_rows(1)), rename(make_rows(2)), LEARNER, DECISION).model
    plain = fit_churn_model(make_rows(1), make_rows(2), LEARNER, DECISION).model
    rows = make_rows(3)
    assert np.array_equal(
        model.predict_probability(rename(rows).features), plain.predict_probability(rows.features)
    )


def test_the_logistic_regression_takes_the_same_rows() -> None:
    rows = make_rows(10)
    regression = fit_logistic_regression(rows)
    probability = regression.predict_proba(rows.features)[:, 1]
    assert probability.shape == rows.churned.shape
    later = make_rows(11).features.assign(plan="gold")
    assert np.isfinite(regression.predict_proba(later)).all()


DEAR = DECISION.__class__(1, 100, 100, 0.1, 0.03, 0.5)


def test_what_predicts_needs_no_scikit_learn() -> None:
    code = "import sys; sys.modules['sklearn'] = None\n"
    code += "import telco_churn.model.packaged"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_calibration_never_turns_the_ranking_round() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        score, churned = rng.normal(size=500), rng.random(500) < 0.2
        curve = fit_calibration(score, churned)
        assert curve.slope >= 0
        opposite = fit_calibration(-score - churned, churned)
        assert opposite.slope == 0
        assert opposite.probability(score) == pytest.approx(np.full(500, churned.mean()))


def test_a_score_that_says_nothing_has_no_reasons(model: ChurnModel) -> None:
    features = make_rows(3, 50).features
    without = replace(model, calibration=SigmoidCalibration(0.0, -1.0))
    assert model.explain(features)["reason_1"].notna().any()
    assert without.explain(features).isna().all(axis=None)
