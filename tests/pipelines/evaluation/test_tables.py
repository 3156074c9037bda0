"""Tables pass their contracts and agree with the metrics; the champion comparison is paired."""

from datetime import timedelta

import pandas as pd
import pytest

from kedro_asof.contracts.contract import FrameContract
from telco_churn import contracts
from telco_churn.errors import UnusablePredictionsError
from telco_churn.pipelines.evaluation.curves import (
    tabulate_calibration,
    tabulate_calibration_histogram,
    tabulate_deciles,
    trace_precision_recall,
    trace_profit,
    trace_profit_of_baselines,
    trace_roc,
)
from telco_churn.pipelines.evaluation.nodes import (
    compare_with_baselines,
    compare_with_champion,
    measure_models,
    report_metrics,
)
from telco_churn.pipelines.evaluation.slices import measure_slices
from tests.pipelines.evaluation.predictions import (
    NO_CHAMPION,
    decision,
    evaluation_params,
    predict,
)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    frame = predict(500, seed=5, dates=2)
    region = frame["customer_id"].str[-1].map(lambda digit: "north" if digit < "5" else "south")
    return frame.assign(
        rule_of_thumb=(frame["churn_probability"] > 0.3) * 0.5,
        logistic_regression=frame["churn_probability"].round(1),
        slice_region=region,
    )


def champion_of(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["customer_id", "as_of"]].assign(champion=rows["rule_of_thumb"]).iloc[::-1]


def test_every_table_keeps_its_contract(rows: pd.DataFrame) -> None:
    how, money = evaluation_params(), decision(50)
    metrics, gaps = measure_slices(rows, how)
    made: dict[type[FrameContract], pd.DataFrame] = {
        contracts.HeldOutPredictions: rows,
        contracts.MetricIntervals: measure_models(rows, champion_of(rows), how, money),
        contracts.DecileTable: tabulate_deciles(rows, how),
        contracts.CalibrationCurve: tabulate_calibration(rows, how),
        contracts.ProfitCurve: trace_profit(rows, how, money),
        contracts.SliceMetrics: metrics,
        contracts.SliceGaps: gaps,
    }
    for contract, table in made.items():
        contract.validate(table)


def test_predictions_without_a_baseline_keep_the_contract() -> None:
    contracts.HeldOutPredictions.validate(predict(10, seed=0))


def test_probabilities_above_one_break_the_contract_of_predictions(rows: pd.DataFrame) -> None:
    for column in ("churn_probability", "rule_of_thumb"):
        with pytest.raises(Exception, match="less_than_or_equal_to"):
            contracts.HeldOutPredictions.validate(rows.assign(**{column: 1.5}))


def test_metrics_are_flat_with_intervals_for_the_candidate_alone(rows: pd.DataFrame) -> None:
    table = measure_models(rows, champion_of(rows), evaluation_params(), decision(50))
    metrics = report_metrics(table, compare_with_baselines(rows, evaluation_params()))
    assert set(table["model"]) == {
        "candidate",
        "rule_of_thumb",
        "logistic_regression",
        "champion",
    }
    assert metrics["roc_auc_low"] < metrics["roc_auc"] < metrics["roc_auc_high"]
    assert metrics["rule_of_thumb_expected_profit"] < metrics["expected_profit"]
    assert not [name for name in metrics if name.startswith("champion")]
    assert "rule_of_thumb_roc_auc_low" not in metrics
    assert len(metrics) == 8 * 3 + 8 * 2 + 3 * 2  # intervals, values of baselines, gains over them


def test_deciles_and_calibration_agree_with_the_metrics(rows: pd.DataFrame) -> None:
    metrics = report_metrics(
        measure_models(rows, NO_CHAMPION, evaluation_params(), decision(None)),
        compare_with_baselines(rows, evaluation_params()),
    )
    deciles = tabulate_deciles(rows, evaluation_params())
    curve = tabulate_calibration(rows, evaluation_params())
    assert deciles["captured"].iloc[0] == pytest.approx(metrics["capture_top_decile"], abs=1e-6)
    assert deciles["captured"].iloc[-1] == 1
    assert deciles["churned"].sum() == rows["churned"].sum()
    gaps = (curve["mean_probability"] - curve["churn_rate"]).abs()
    error = (gaps * curve["customers"]).sum() / len(rows)
    assert error == pytest.approx(metrics["expected_calibration_error"], abs=1e-6)
    assert curve["mean_probability"].is_monotonic_increasing


def test_the_profit_curve_starts_with_nothing_and_ends_with_everybody(rows: pd.DataFrame) -> None:
    curve = trace_profit(rows, evaluation_params(), decision(50))
    assert curve.iloc[0].tolist() == [0, 0, 0, 0]
    assert curve["contacts"].iloc[-1] == 500
    everybody = (0.5 * (rows["churned"] * 100 - 10) - 5).sum() / 2
    assert curve["profit"].iloc[-1] == pytest.approx(everybody)
    assert set(trace_profit_of_baselines(rows, decision(50))["model"]) == {
        "rule_of_thumb",
        "logistic_regression",
    }


def test_points_of_curves_are_few_and_reach_both_ends() -> None:
    many = predict(5000, seed=0)
    roc, precision = trace_roc(many), trace_precision_recall(many)
    assert len(roc) <= 500
    assert len(precision) <= 500
    ends = ["false_positive_rate", "true_positive_rate"]
    assert roc[ends].iloc[[0, -1]].to_numpy().tolist() == [[0, 0], [1, 1]]
    assert precision["precision"].iloc[-1] == pytest.approx(many["churned"].mean())
    assert tabulate_calibration_histogram(many)["rows"].sum() == 5000


def test_without_a_champion_there_is_no_comparison(rows: pd.DataFrame) -> None:
    assert compare_with_champion(rows, NO_CHAMPION, evaluation_params(), decision(50)) == {}


def test_a_champion_with_the_same_probabilities_is_no_worse_in_any_draw(rows: pd.DataFrame) -> None:
    same = rows[["customer_id", "as_of"]].assign(champion=rows["churn_probability"])
    found = compare_with_champion(rows, same, evaluation_params(), decision(50))
    differences = ["profit_difference", "profit_difference_low", "profit_difference_high"]
    assert [found[name] for name in differences] == [0, 0, 0]
    assert found["candidate_roc_auc"] == found["champion_roc_auc"]
    assert (found["customers"], found["dates"]) == (500, 2)


def test_pairing_makes_the_difference_surer_than_each_profit(rows: pd.DataFrame) -> None:
    near = rows["churn_probability"] + 0.01
    champion = rows[["customer_id", "as_of"]].assign(champion=near.clip(upper=1))
    found = compare_with_champion(rows, champion, evaluation_params(), decision(None))
    profit = measure_models(rows, NO_CHAMPION, evaluation_params(), decision(None))
    profit = profit[profit["metric"] == "expected_profit"].iloc[0]
    width = found["profit_difference_high"] - found["profit_difference_low"]
    assert width < (profit["high"] - profit["low"]) / 3
    difference = found["candidate_profit"] - found["champion_profit"]
    assert found["profit_difference"] == pytest.approx(difference)


def test_a_champion_of_other_rows_is_refused(rows: pd.DataFrame) -> None:
    other = champion_of(rows).assign(as_of=lambda asked: asked["as_of"] + timedelta(days=1))
    with pytest.raises(UnusablePredictionsError, match="1,000 of 1,000 held-out rows are missing"):
        measure_models(rows, other, evaluation_params(), decision(None))
    with pytest.raises(
        UnusablePredictionsError,
        match="1,000 of 1,000 rows of champion_predictions are not in held_",
    ):
        compare_with_champion(rows, other, evaluation_params(), decision(None))


def test_a_champion_of_some_of_the_rows_is_compared_on_these_and_not_measured_beside_all(
    rows: pd.DataFrame,
) -> None:
    some = champion_of(rows).iloc[:700]
    found = compare_with_champion(rows, some, evaluation_params(), decision(50))
    alone = rows.merge(some[["customer_id", "as_of"]], on=["customer_id", "as_of"])
    assert found == compare_with_champion(alone, some, evaluation_params(), decision(50))
    assert found["customers"] == alone["customer_id"].nunique()
    table = measure_models(rows, some, evaluation_params(), decision(50))
    assert "champion" not in set(table["model"])


@pytest.mark.parametrize(("churned", "said"), [(True, "500 of 500"), (False, "0 of 500")])
def test_one_class_is_refused_with_what_to_do(churned: bool, said: str) -> None:
    rows = predict(500, seed=0).assign(churned=churned)
    with pytest.raises(
        UnusablePredictionsError, match=f"{said} held-out rows churned.*Choose a later as_of"
    ):
        measure_models(rows, NO_CHAMPION, evaluation_params(), decision(None))
