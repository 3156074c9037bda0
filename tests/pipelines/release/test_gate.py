"""The gate promotes a candidate on proof, and gives its reasons as sentences with figures."""

from typing import Any

import pandas as pd
import pytest

from kedro_asof.params import AsOf
from telco_churn.parameters.gate import GateParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.pipelines.release.gate import decide_promotion
from tests.pipelines.release.small_models import fit_model, make_version

GATE = GateParams(
    required_gain=50,
    max_calibration_error=0.02,
    max_slice_roc_auc_gap=0.1,
    max_slice_calibration_gap=0.03,
)
SUMMARY = SummaryParams(scores="", currency="EUR", promote="")
METRICS = {
    "expected_calibration_error": 0.012,
    "expected_calibration_error_low": 0.008,
    "expected_calibration_error_high": 0.016,
    "roc_auc": 0.8,
}
BETTER = {
    "candidate_profit": 1300.0,
    "champion_profit": 1000.0,
    "profit_difference": 300.0,
    "profit_difference_low": 120.0,
    "profit_difference_high": 480.0,
    "candidate_roc_auc": 0.8,
    "champion_roc_auc": 0.7,
    "customers": 2000,
    "dates": 2,
}
GAP = {
    "slice": "region",
    "measure": "roc_auc",
    "gap": 0.15,
    "low": 0.11,
    "high": 0.2,
    "worst_value": "north",
    "best_value": "south",
}


def gaps(*rows: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(GAP))


def decide(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "evaluation_metrics": METRICS,
        "slice_gaps": gaps(),
        "champion_comparison": BETTER,
        "comparison_skipped_because": "",
        "candidate": fit_model(),
        "champion": make_version(4),
        "gate": GATE,
        "summary": SUMMARY,
        "as_of": AsOf("2026-09-28"),
    }
    return decide_promotion(**(given | changes))


def test_what_is_proven_to_earn_more_becomes_champion() -> None:
    decision = decide()
    assert decision["status"] == "champion"
    assert decision["reasons"] == [
        "The candidate earns 1,300.00 EUR per date, champion version 4 earns 1,000.00 EUR: a "
        "difference of +300.00 (+120.00 to +480.00) on the same 2,000 customers and 2 dates. A "
        "gain of more than 50.00 EUR is proven."
    ]


@pytest.mark.parametrize(
    ("low", "high", "status", "words"),
    [
        (50.01, 480.0, "champion", "more than 50.00 EUR is proven"),
        (50.0, 480.0, "challenger", "neither to earn over 50.00 EUR more nor to earn less"),
        (-480.0, 480.0, "challenger", "proven neither to earn over"),
        (-480.0, 0.0, "challenger", "proven neither to earn over"),
        (0.0, 0.0, "challenger", "proven neither to earn over"),
        (-480.0, -0.01, "rejected", "The candidate is proven to earn less."),
        (float("nan"), float("nan"), "challenger", "proven neither to earn over"),
    ],
)
def test_the_interval_of_the_gain_decides_not_the_gain(
    low: float, high: float, status: str, words: str
) -> None:
    interval = {"profit_difference_low": low, "profit_difference_high": high}
    decision = decide(champion_comparison=BETTER | interval)
    assert decision["status"] == status
    assert words in decision["reasons"][0]


def test_a_challenger_is_told_how_a_person_can_promote_it() -> None:
    decision = decide(champion_comparison=BETTER | {"profit_difference_low": 0.0})
    assert "kedro run --pipelines promote --params version=" in decision["reasons"][-1]
    assert "The champion stays" in decision["reasons"][-1]


def test_the_first_candidate_becomes_champion() -> None:
    decision = decide(champion=None, champion_comparison={})
    assert decision["status"] == "champion"
    assert decision["reasons"] == ["There was no champion to compare with."]


@pytest.mark.parametrize("champion", [None, make_version(4)])
def test_bounds_hold_for_the_first_candidate_and_for_one_that_earns_more(champion: Any) -> None:
    worse = METRICS | {"expected_calibration_error_low": 0.0201}
    decision = decide(evaluation_metrics=worse, champion=champion)
    assert decision["status"] == "rejected"
    assert decision["reasons"][0] == (
        "The candidate's calibration error is 0.0120 (0.0201 to 0.0160), above the bound of 0.02 "
        "(gate.max_calibration_error in conf/base/parameters/gate.yml)."
    )
    assert len(decision["reasons"]) == 2


def test_a_calibration_error_that_is_not_proven_does_not_reject() -> None:
    worse = METRICS | {
        "expected_calibration_error": 0.03,
        "expected_calibration_error_low": 0.02,
        "expected_calibration_error_high": 0.04,
    }
    assert decide(evaluation_metrics=worse)["status"] == "champion"


@pytest.mark.parametrize(
    ("gap", "status"),
    [
        ({}, "rejected"),
        ({"low": 0.1}, "champion"),
        ({"low": float("nan"), "high": float("nan")}, "champion"),
        ({"measure": "calibration_gap", "low": 0.031}, "rejected"),
        ({"measure": "calibration_gap", "low": 0.03}, "champion"),
    ],
)
def test_a_gap_between_slices_rejects_when_it_is_proven(gap: dict[str, Any], status: str) -> None:
    assert decide(slice_gaps=gaps(GAP | gap))["status"] == status


def test_a_slice_that_is_served_too_badly_is_named_with_its_figures() -> None:
    both = gaps(GAP, GAP | {"measure": "calibration_gap", "gap": 0.05, "low": 0.04, "high": 0.06})
    decision = decide(slice_gaps=both)
    assert decision["reasons"][:2] == [
        "In the slice region, the ROC AUC of north is 0.1500 below that of south (0.1100 to "
        "0.2000), above the bound of 0.1 (gate.max_slice_roc_auc_gap in "
        "conf/base/parameters/gate.yml).",
        "In the slice region, the mean probability of north misses its churn rate by 0.0500 "
        "(0.0400 to 0.0600), above the bound of 0.03 (gate.max_slice_calibration_gap in "
        "conf/base/parameters/gate.yml).",
    ]


def test_all_reasons_are_listed_the_worst_first() -> None:
    decision = decide(
        evaluation_metrics=METRICS | {"expected_calibration_error_low": 0.03},
        slice_gaps=gaps(GAP),
        champion_comparison=BETTER
        | {"profit_difference_low": -9.0, "profit_difference_high": -1.0},
        candidate=fit_model(("tenure_days", "visits")),
    )
    assert decision["status"] == "rejected"
    found = [reason.split()[:4] for reason in decision["reasons"]]
    assert found == [
        ["The", "candidate's", "calibration", "error"],
        ["In", "the", "slice", "region,"],
        ["The", "candidate", "earns", "1,300.00"],
        ["The", "candidate's", "features", "differ"],
    ]


def test_a_look_back_is_rejected_whatever_it_earns() -> None:
    decision = decide(as_of=AsOf("2026-08-30"))
    assert decision["status"] == "rejected"
    assert "as of 2026-08-30, before champion version 4 (as of 2026-08-31)" in str(decision)


def test_the_date_of_the_champion_itself_is_no_look_back() -> None:
    assert decide(as_of=AsOf("2026-08-31"))["status"] == "champion"


def test_other_features_leave_the_candidate_a_challenger_at_best() -> None:
    decision = decide(candidate=fit_model(("tenure_days", "visits")))
    assert decision["status"] == "challenger"
    assert "version 4: missing ['plan'], added ['visits']." in decision["reasons"][0]
    assert "A gain of more than" in decision["reasons"][1]


def test_other_features_that_earn_less_are_rejected() -> None:
    worse = BETTER | {"profit_difference_low": -2.0, "profit_difference_high": -1.0}
    decision = decide(candidate=fit_model(("tenure_days",)), champion_comparison=worse)
    assert decision["status"] == "rejected"


def test_a_champion_that_lacks_its_features_stays_without_figures() -> None:
    decision = decide(candidate=fit_model(("tenure_days",)), champion_comparison={})
    assert decision["status"] == "challenger"
    assert len(decision["reasons"]) == 2


@pytest.mark.parametrize(
    ("silence", "reason"),
    [
        ("", "Champion version 4 cannot read the features of the held-out rows."),
        ("Why.", "Why."),
    ],
)
def test_a_champion_without_a_comparison_stays_with_the_reason(silence: str, reason: str) -> None:
    decision = decide(champion_comparison={}, comparison_skipped_because=silence)
    assert decision["status"] == "challenger"
    assert decision["reasons"][0] == reason
    assert "--params version=<number>`, with the same --env." in decision["reasons"][1]


def test_evidence_is_flat_and_holds_what_the_reasons_rest_on() -> None:
    hidden = {"measure": "calibration_gap", "gap": float("nan")}
    evidence = decide(slice_gaps=gaps(GAP, GAP | hidden))["evidence"]
    assert evidence["profit_difference_low"] == 120
    assert evidence["required_gain"] == 50
    assert evidence["expected_calibration_error_low"] == 0.008
    assert evidence["region_roc_auc_gap_low"] == 0.11
    assert "region_calibration_gap_gap" not in evidence
    assert all(type(value) is float for value in evidence.values())
