"""The model finds most of the churn hazard that the simulation put into the tables."""

import os
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from telco_churn.learning.fit_model import fit_calibration
from telco_churn.learning.training_examples import read_examples
from telco_churn.model.decision import Decision
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.pipelines.features.labels import label_churn
from telco_churn.pipelines.features.snapshots import list_training_dates
from telco_churn.pipelines.training import nodes
from tests.conftest import (
    as_of,
    decision_params,
    evaluation_params,
    feature_params,
    label_params,
    lightgbm_params,
    read_parameters,
    simulate_tables,
    simulation_params,
    snapshot_params,
    training_params,
    tuning_params,
)
from tests.kedro_asof.fixtures import Put
from tests.small_operator import feature_expression

CUSTOMERS = int(os.environ.get("TRUTH_CUSTOMERS", "20000"))
CAPACITY = 0.025  # share of customers contacted; at larger shares chance outweighs the ranking


@pytest.mark.slow
def test_the_model_goes_nearly_all_the_way_to_the_true_hazard(put: Put) -> None:
    """The model covers 95 % of the way from a ROC AUC of 0.5 to that of the observable hazard.

    It also earns 90 % of the profit of this hazard, calibrated on the same rows.
    """
    params = simulation_params(customers=CUSTOMERS)
    raw = simulate_tables(params)
    truth = raw.pop("true_hazard").to_pandas()
    operator = {name: put(table) for name, table in raw.items()}
    end = params.first_day + timedelta(days=params.days)
    coverage = put(
        pa.table(
            {
                "first_day": [params.first_day],
                "last_day": [end - timedelta(days=1)],
            }
        )
    )
    dates = list_training_dates(
        coverage,
        as_of(end.isoformat()),
        snapshot_params(),
        label_params(),
        training_params(),
        datetime.now(UTC),
    )
    features = feature_expression(operator, dates)
    labeled = label_churn(
        features,
        dates,
        operator["customers"],
        operator["cancellations"],
        label_params(),
        feature_params(),
    )
    split = put(nodes.split_by_time(labeled, training_params(), label_params()).to_pyarrow())
    examples = read_examples(split)
    evaluation = evaluation_params()
    reasons = ReasonParams(**read_parameters("reasons"))
    learning = (training_params(), lightgbm_params(), tuning_params())
    model, _, _, _ = nodes.fit_candidate(
        examples, [], *learning, evaluation, decision_params(), reasons, no_studies
    )
    judged = _join_truth(examples[examples["split"].isin(["calibration", "test"])], truth)
    judged["probability"] = model.predict_probability(judged[model.encoding.columns])
    past, test = (judged[judged["split"] == split] for split in ("calibration", "test"))
    ours = roc_auc_score(test["churned"], test["probability"])
    oracle = roc_auc_score(test["churned"], test["hazard_without_hidden"])
    knows_all = roc_auc_score(test["churned"], test["hazard"])
    assert 0.65 < oracle < knows_all
    assert (ours - 0.5) / (oracle - 0.5) >= 0.95

    hazard = np.log(judged["hazard_without_hidden"].to_numpy() + 1e-9)
    curve = fit_calibration(hazard[judged["split"] == "calibration"], past["churned"].to_numpy())
    told = test.assign(probability=curve.probability(hazard[judged["split"] == "test"]))
    print(f"share of the way {(ours - 0.5) / (oracle - 0.5):.3f}, of profit by capacity:")
    for capacity in (0.01, 0.025, 0.05, 0.1, 1.0):
        print(f"  {capacity:.1%}: {_profit(test, capacity) / _profit(told, capacity):.3f}")
    assert _profit(test, CAPACITY) / _profit(told, CAPACITY) >= 0.9


def no_studies(name: str) -> NoReturn:
    raise AssertionError(f"Study {name!r} opened although tuning is off.")


def _join_truth(examples: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Join the hazard of the week to each row; at least 99 % of rows have one."""
    truth = truth.assign(
        week_starts_on=pd.to_datetime(truth["week_starts_on"]).astype("datetime64[s]")
    )
    joined = pd.merge_asof(
        examples.assign(
            as_of=pd.to_datetime(examples["as_of"]).astype("datetime64[s]")
        ).sort_values("as_of"),
        truth.sort_values("week_starts_on"),
        left_on="as_of",
        right_on="week_starts_on",
        by="customer_id",
        tolerance=pd.Timedelta(days=6),
    ).dropna(subset="hazard")
    assert len(joined) > 0.99 * len(examples)
    return joined


def _profit(judged: pd.DataFrame, capacity: float) -> float:
    """Return the profit per date if at most a share of the customers is contacted."""
    money = Decision(**decision_params().money)
    profits = []
    for _, rows in judged.groupby("as_of"):
        expected = money.expected_value(rows["probability"].to_numpy())
        best = np.argsort(-expected, kind="stable")[: round(capacity * len(rows))]
        called = best[expected[best] > 0]
        profits.append(money.expected_value(rows["churned"].to_numpy(float)[called]).sum())
    return float(np.mean(profits))
