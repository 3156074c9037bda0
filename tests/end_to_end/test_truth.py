"""The model finds what the simulation hid in the tables."""

from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score
from telco_churn.pipelines.training.examples import NOT_FEATURES

from telco_churn.pipelines.features.labels import label_churn
from telco_churn.pipelines.features.snapshots import list_training_dates
from telco_churn.pipelines.training import nodes
from tests.conftest import (
    as_of,
    decision_params,
    feature_params,
    label_params,
    simulate_tables,
    simulation_params,
    snapshot_params,
    training_params,
)
from tests.small_operator import Put, feature_expression

CUSTOMERS = 12_000


@pytest.mark.slow
def test_the_model_goes_nine_tenths_of_the_way_to_the_true_hazard(put: Put) -> None:
    """The way: from 0.5 to the ROC AUC of the hazard of the day, less its hidden part."""
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
        coverage, as_of(end.isoformat()), snapshot_params(), label_params(), training_params()
    )
    features = feature_expression(operator, dates)
    labelled = label_churn(
        features,
        dates,
        operator["customers"],
        operator["cancellations"],
        label_params(),
        feature_params(),
    )
    examples = put(nodes.split_by_time(labelled, training_params()).to_pyarrow())
    model, _ = nodes.train_candidate(examples, training_params(), decision_params())

    test = examples.filter(examples.split == "test").to_pandas()
    test = test.assign(
        probability=model.predict_probability(test.drop(columns=NOT_FEATURES)),
        as_of=pd.to_datetime(test["as_of"]),
    )
    truth = truth.assign(week_starts_on=pd.to_datetime(truth["week_starts_on"]))
    judged = pd.merge_asof(
        test.sort_values("as_of"),
        truth.sort_values("week_starts_on"),
        left_on="as_of",
        right_on="week_starts_on",
        by="customer_id",
        tolerance=pd.Timedelta(days=6),
    ).dropna(subset="hazard")
    assert len(judged) > 0.99 * len(test)
    ours = roc_auc_score(judged["churned"], judged["probability"])
    oracle = roc_auc_score(judged["churned"], judged["hazard_without_hidden"])
    knows_all = roc_auc_score(judged["churned"], judged["hazard"])
    assert 0.65 < oracle < knows_all
    assert (ours - 0.5) / (oracle - 0.5) >= 0.9
