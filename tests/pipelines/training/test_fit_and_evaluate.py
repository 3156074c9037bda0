"""Fitting a candidate: the minimum of rows, and the errors below it."""

import logging
import re
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest

from kedro_asof.errors import WrongCallError
from telco_churn.errors import UnusableExamplesError
from telco_churn.learning import lightgbm_learner
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.linear_scorer import LinearScorer
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.training.fit_and_evaluate import SPLITS
from telco_churn.pipelines.training.nodes import fit_candidate
from tests.conftest import (
    decision_params,
    evaluation_params,
    lightgbm_params,
    reason_params,
    training_params,
    tuning_params,
)

ROWS = 120


def no_studies(name: str) -> NoReturn:
    raise AssertionError(f"Study {name!r} opened although tuning is off.")


def make_examples(churners: list[int], splits: list[str]) -> pd.DataFrame:
    """Return noise; rows at the positions `churners` churned, splits alternate."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customer_id": [f"c{row:03d}" for row in range(ROWS)],
            "as_of": pd.Timestamp("2026-01-01"),
            "churned": np.isin(np.arange(ROWS), churners),
            "split": [splits[row % len(splits)] for row in range(ROWS)],
            "noise": rng.normal(size=ROWS),
            "tenure_days": rng.integers(1, 900, ROWS),
        }
    )


def fit(
    examples: pd.DataFrame, evaluation: EvaluationParams | None = None, **lightgbm: Any
) -> ChurnModel:
    learning = (training_params(), lightgbm_params(**lightgbm), tuning_params())
    others = (evaluation or evaluation_params(), decision_params(), reason_params())
    return fit_candidate(examples, [], *learning, *others, no_studies)[0]


@pytest.mark.parametrize(
    ("churners", "folds", "found"),
    [
        ([0, 1], 2, "of the rows outside fold_1, 1 of 60 churned"),
        ([0, 1, 2], 2, "of the rows outside fold_1, 1 of 60 churned"),
        ([0, 1, 2], 3, "of the rows outside fold_1, 2 of 80 churned"),
        ([row for row in range(ROWS) if row > 2], 3, "of the rows outside fold_1, 78 of 80"),
    ],
)
def test_too_few_of_a_class_in_folds_are_one_message(
    churners: list[int], folds: int, found: str
) -> None:
    examples = make_examples(churners, [f"fold_{fold + 1}" for fold in range(folds)])
    with pytest.raises(UnusableExamplesError, match=re.escape(found)) as raised:
        fit(examples)
    for part in ("training.calibration_fraction = 0.2", "least 5 of each", "own_table.folds"):
        assert part in str(raised.value)


def test_five_of_each_class_outside_a_fold_are_enough() -> None:
    examples = make_examples(list(range(10)), ["fold_1", "fold_2"])
    assert fit(examples).predict_probability(examples[["noise", "tenure_days"]]).shape == (ROWS,)


@pytest.mark.parametrize("split", ["train", "calibration", "test"])
def test_a_split_without_churn_is_one_message(split: str) -> None:
    examples = make_examples(list(range(30)), ["train", "calibration", "test"])
    examples["churned"] &= examples["split"] != split
    with pytest.raises(
        UnusableExamplesError, match=f"in the {SPLITS[split]} rows: 0 of 40 rows churned"
    ):
        fit(examples)


def test_a_score_that_ranks_no_better_than_chance_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The calibration and test rows show the opposite of the training rows."""
    examples = make_examples([], ["train", "calibration", "test"])
    is_high = examples["noise"] > 0
    examples["churned"] = is_high.where(examples["split"] == "train", ~is_high)
    caplog.set_level(logging.WARNING)
    model = fit(examples, min_child_samples=5)
    assert model.calibration.slope == 0
    assert (
        "fitted on the training rows ranks no better than chance: among the 40 calibration rows"
        in caplog.text
    )


def test_a_learner_without_a_search_space_is_not_tuned() -> None:
    learning = (
        training_params(learner="logistic_regression"),
        lightgbm_params(),
        tuning_params(trials=3),
    )
    others = (evaluation_params(), decision_params(), reason_params())
    with pytest.raises(WrongCallError, match=r"Invalid tuning.trials 3 .*'logistic_regression'"):
        fit_candidate(make_examples([1], ["train"]), [], *learning, *others, no_studies)


def test_a_regression_learns_from_folds_too() -> None:
    examples = make_examples(list(range(0, ROWS, 3)), ["fold_1", "fold_2"])
    learning = (
        training_params(learner="logistic_regression"),
        lightgbm_params(),
        tuning_params(),
    )
    others = (evaluation_params(), decision_params(), reason_params())
    model, judged, history, settings = fit_candidate(examples, [], *learning, *others, no_studies)
    assert isinstance(model.scorer, LinearScorer)
    assert judged["churn_probability"].notna().all()
    assert len(history) == 1
    assert settings == {}


def test_fits_report_their_progress(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lightgbm_learner, "SECONDS_BETWEEN", 0)
    with caplog.at_level(logging.INFO):
        fit(make_examples(list(range(0, ROWS, 3)), ["fold_1", "fold_2"]))
    assert "Fit 2 of 3, on the rows outside fold_2." in caplog.text
    assert "Fit 3 of 3, on all rows." in caplog.text
    assert re.search(r"2 of at most \d+ trees, log loss of the calibration rows 0\.", caplog.text)


def test_a_misspelled_slice_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    examples = make_examples(list(range(0, ROWS, 4)), ["train", "calibration", "test"])
    params = evaluation_params(slices=["tenure_dys", "tenure_days"])
    with caplog.at_level(logging.WARNING):
        fit(examples, params)
    assert "Unknown features in evaluation.slices: ignored ['tenure_dys']" in caplog.text
