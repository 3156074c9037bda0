"""The packaged model: what it gives, what it refuses, and that nothing is lost on the way."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from telco_churn.model.calibration import SigmoidCalibration
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.model.fitting import Rows, fit_baseline, fit_churn_model

DECISION = Decision(
    kept_customer_value=400,
    contact_cost=3,
    offer_cost=10,
    acceptance_rate=0.3,
    medium_risk_from=0.03,
    high_risk_from=0.5,
)
SETTINGS = {
    "objective": "binary",
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "num_threads": 1,
    "early_stopping_round": 20,
}


def make_rows(seed: int, rows: int = 3000) -> Rows:
    rng = np.random.default_rng(seed)
    features = pd.DataFrame(
        {
            "tenure_days": rng.integers(1, 2000, rows),
            "bill_shock": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(0, 1, rows)),
            "plan": rng.choice(["basic", "plus", "max"], rows),
        }
    )
    risk = 0.9 * features["bill_shock"].fillna(0) + 1.2 * (features["plan"] == "basic") - 2
    return Rows(features, rng.random(rows) < 1 / (1 + np.exp(-risk.to_numpy())))


@pytest.fixture(scope="module")
def model() -> ChurnModel:
    return fit_churn_model(make_rows(1, 9000), make_rows(2, 9000), SETTINGS, 300, DECISION)


def test_a_saved_model_scores_as_before(model: ChurnModel, tmp_path: Path) -> None:
    features = make_rows(3).features
    model.save(tmp_path)
    pd.testing.assert_frame_equal(ChurnModel.load(tmp_path).score(features), model.score(features))


def test_a_saved_model_is_text(model: ChurnModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["booster.txt", "model.json"]
    assert all(file.read_text(encoding="utf-8") for file in tmp_path.iterdir())


def test_probabilities_mean_what_they_say(model: ChurnModel) -> None:
    rows = make_rows(4, rows=20_000)
    probability = model.predict_probability(rows.features)
    for group in np.array_split(np.argsort(probability), 5):
        assert rows.churned[group].mean() == pytest.approx(probability[group].mean(), abs=0.03)


def test_the_order_of_columns_does_not_matter(model: ChurnModel) -> None:
    features = make_rows(5).features
    turned = features[list(reversed(features.columns))]
    assert np.array_equal(model.predict_probability(features), model.predict_probability(turned))


def test_an_unknown_category_scores_as_a_missing_one(model: ChurnModel) -> None:
    features = make_rows(6, rows=50).features
    unknown, missing = features.assign(plan="gold"), features.assign(plan=None)
    assert np.array_equal(model.predict_probability(unknown), model.predict_probability(missing))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="plan"), r"missing \['plan'\]"),
        (lambda frame: frame.assign(roaming=1), r"extra \['roaming'\]"),
        (lambda frame: frame.assign(bill_shock="high"), r"not numbers \['bill_shock"),
    ],
)
def test_a_frame_that_does_not_fit_is_refused(change: Any, message: str, model: ChurnModel) -> None:
    with pytest.raises(FeatureMismatchError, match=message):
        model.score(change(make_rows(7, rows=10).features))


def test_reasons_are_the_features_that_raise_the_score_most(model: ChurnModel) -> None:
    features = make_rows(8).features
    scores = model.score(features)
    contacted = scores[scores["contact"]]
    assert scores[~scores["contact"]]["reason_1"].isna().all()
    matrix = model.encoding.encode(features.loc[contacted.index])
    shares = np.asarray(model.booster.predict(matrix, pred_contrib=True))[:, :-1]
    raised = shares.max(axis=1) > 0
    assert (contacted["reason_1"].notna() == raised).all()
    strongest = np.array(model.encoding.columns)[shares.argmax(axis=1)]
    named = contacted["reason_1"].str.split(" is ").str[0]
    assert named[raised].tolist() == strongest[raised].tolist()


def test_with_nobody_to_contact_there_are_no_reasons(model: ChurnModel) -> None:
    dear = Decision(1, 100, 100, 0.1, 0.03, 0.5)
    scores = ChurnModel(model.booster_text, model.encoding, model.calibration, dear).score(
        make_rows(9, rows=20).features
    )
    assert not scores["contact"].any()
    assert scores[["reason_1", "reason_2", "reason_3"]].isna().all(axis=None)


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
    curve = SigmoidCalibration.fit(raw, churned)
    assert (curve.slope, curve.intercept) == pytest.approx((0.7, -1.5), abs=0.03)


def test_encoding_reads_numbers_booleans_and_text() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [True, False], "c": ["x", None]})
    encoding = FeatureEncoding.fit(frame)
    assert (encoding.numeric, encoding.categories) == (("a", "b"), {"c": ("x",)})
    assert encoding.encode(frame).tolist()[0] == [1.0, 1.0, 0.0]
    assert np.isnan(encoding.encode(frame)[1, 2])


def test_the_baseline_takes_the_same_rows() -> None:
    rows = make_rows(10)
    probability = fit_baseline(rows).predict_proba(rows.features)[:, 1]
    assert probability.shape == rows.churned.shape
