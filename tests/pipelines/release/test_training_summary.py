"""The summary of a training says what was decided, why, and what to type next."""

import re

import pytest

from telco_churn.parameters.summary import SummaryParams
from telco_churn.pipelines.release.gate import BY_HAND
from telco_churn.pipelines.release.training_summary import summarize_training
from telco_churn.registry.registry_types import Promotion, Status
from tests.pipelines.release.small_models import make_version

SUMMARY = SummaryParams(scores="", currency="EUR", promote="promote {version}")
COMPARISON = {
    "candidate_profit": 1264.0,
    "champion_profit": 1200.5,
    "candidate_roc_auc": 0.71,
    "champion_roc_auc": 0.7,
}


def summarize(status: Status, is_first: bool = False) -> str:
    decision = Promotion(status, ("It earns more.", BY_HAND))
    facts = {"as_of": "2026-09-28", "learnt_from": "8584"}
    version = make_version(5, promotion=decision, facts=facts)
    previous = None if is_first else make_version(4)
    champion = version if status == "champion" else previous
    comparison = {} if is_first else COMPARISON
    return summarize_training(version, previous, champion, comparison, SUMMARY)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("champion", "version 5 is the new champion, in place of version 4."),
        ("challenger", "version 5 is a challenger: version 4 stays champion."),
        ("rejected", "version 5 is rejected: version 4 stays champion."),
    ],
)
def test_the_status_stands_on_top_and_the_reason_below(status: Status, outcome: str) -> None:
    lines = summarize(status).strip().splitlines()
    assert lines[0].endswith(outcome)
    assert "  because   It earns more." in lines
    assert ("  anyway    promote 5" in lines) is (status != "champion")


def test_the_figures_stand_beside_those_of_the_champion_on_the_same_rows() -> None:
    shown = summarize("challenger")
    assert re.search(r"version 5 +champion version 4\n +ROC AUC +0\.7100 +0\.7000\n", shown)
    assert re.search(r"Profit per date, EUR +1,264\.00 +1,200\.50\n", shown)


def test_the_first_champion_has_its_own_figures_alone() -> None:
    shown = summarize("champion", is_first=True)
    assert "is the new champion.\n" in shown
    assert "Profit" not in shown
    assert "champion version" not in shown
