"""Decide whether the candidate becomes champion, from intervals rather than point estimates.

In: metrics and slice gaps with intervals, the comparison with the champion, the parameters `gate`.
Out: promotion, with status, reasons and the figures behind them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kedro_asof.params import AsOf
from telco_churn.learning.weakness import describe_quality, find_weaknesses
from telco_churn.model.churn_model import ChurnModel
from telco_churn.parameters.gate import GateParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.pipelines.release.comparison import describe_change
from telco_churn.registry.registry_types import ModelVersion, Status

WORST_FIRST: list[Status] = ["rejected", "challenger", "champion"]
WHERE = "in conf/base/parameters/gate.yml"
BY_HAND = (
    "The champion stays. To promote the new version anyway, look up its number (make mlflow) and "
    "run `kedro run --pipelines promote --params version=<number>`, with the same --env."
)
SLICE_BOUNDS = {"roc_auc": "max_slice_roc_auc_gap", "calibration_gap": "max_slice_calibration_gap"}
# Figures of the comparison that decide; its other metrics are only in champion_comparison.
COMPARED = (
    *("candidate_profit", "champion_profit", "candidate_roc_auc", "champion_roc_auc"),
    *("profit_difference", "profit_difference_low", "profit_difference_high"),
    *("customers", "dates"),
)
SLICE_FAULTS = {
    "roc_auc": "the ROC AUC of {worst_value} is {gap:.4f} below that of {best_value}",
    "calibration_gap": "the mean probability of {worst_value} misses its churn rate by {gap:.4f}",
}


@dataclass(frozen=True)
class Finding:
    """The result of one rule: the best status it allows, and the reason."""

    status: Status
    reason: str


def decide_promotion(
    evaluation_metrics: dict[str, float],
    slice_gaps: pd.DataFrame,
    champion_comparison: dict[str, float],
    comparison_skipped_because: str,
    candidate: ChurnModel,
    champion: ModelVersion | None,
    gate: GateParams,
    summary: SummaryParams,
    as_of: AsOf,
) -> dict[str, Any]:
    """Check the candidate against the bounds, then compare it with the champion on the same rows.

    Each rule allows a best status; the lowest of them is the decision.

    Args:
        evaluation_metrics: The candidate's metrics, with `_low` and `_high`.
        slice_gaps: One row per slice and measure: `gap`, `low`, `high`, `worst_value`.
        champion_comparison: Expected profit of both in currency per date, and the interval of the
            paired difference; empty if the comparison was skipped.
        comparison_skipped_because: Why it was skipped, as a sentence; may be empty.
        candidate: The candidate, for its features.
        champion: The champion; None if there is none.
        gate: The bounds and the required gain.
        summary: `currency` names the currency of amounts.
        as_of: The date of the candidate.

    Returns:
        `status` (champion, challenger or rejected), `reasons` as sentences, worst first, and
        `evidence`, the figures behind them; `weaknesses`, why it is too weak to contact customers
        with.
    """
    findings = [*judge_calibration(evaluation_metrics, gate), *judge_slices(slice_gaps, gate)]
    if champion is None:
        findings.append(Finding("champion", "There was no champion to compare with."))
    elif str(as_of) < champion.facts["as_of"]:
        findings.append(_look_back(as_of, champion))
    else:
        change = describe_change(candidate.encoding, champion.model.encoding)
        findings += judge_features(change, champion)
        if champion_comparison:
            findings.append(judge_profit(champion_comparison, gate, champion, summary.currency))
        elif not change:
            findings.append(
                Finding("challenger", comparison_skipped_because or _miss_answer(champion))
            )
    findings += [Finding("champion", line) for line in describe_quality(evaluation_metrics)]
    return _decide(findings) | {
        "weaknesses": find_weaknesses(evaluation_metrics),
        "evidence": _list_evidence(evaluation_metrics, slice_gaps, champion_comparison, gate),
    }


def judge_calibration(metrics: dict[str, float], gate: GateParams) -> Iterator[Finding]:
    """Reject a candidate whose calibration error is proven to be above the bound."""
    name = "expected_calibration_error"
    if metrics[f"{name}_low"] > gate.max_calibration_error:
        yield Finding(
            "rejected",
            f"The candidate's calibration error is {metrics[name]:.4f} "
            f"({metrics[f'{name}_low']:.4f} to {metrics[f'{name}_high']:.4f}), above the bound of "
            f"{gate.max_calibration_error:g} (gate.max_calibration_error {WHERE}).",
        )


def judge_slices(slice_gaps: pd.DataFrame, gate: GateParams) -> Iterator[Finding]:
    """Reject a candidate that is proven to be much worse for some customers than for others."""
    for row in _read_gaps(slice_gaps):
        parameter = SLICE_BOUNDS[row["measure"]]
        bound = getattr(gate, parameter)
        if row["low"] > bound:
            yield Finding(
                "rejected",
                f"In the slice {row['slice']}, {SLICE_FAULTS[row['measure']].format(**row)} "
                f"({row['low']:.4f} to {row['high']:.4f}), above the bound of {bound:g} "
                f"(gate.{parameter} {WHERE}).",
            )


def judge_features(change: str, champion: ModelVersion) -> Iterator[Finding]:
    """Leave changed features to a person, who checks that they exist when customers are scored."""
    if change:
        yield Finding(
            "challenger",
            f"The candidate's features differ from those of champion version {champion.version}: "
            f"{change}. "
            "A person has to confirm that customers can be scored with them from now on.",
        )


def judge_profit(
    comparison: dict[str, float], gate: GateParams, champion: ModelVersion, currency: str
) -> Finding:
    """Promote a candidate that is proven to earn more; reject one that is proven to earn less."""
    name = f"champion version {champion.version}"
    low, high = comparison["profit_difference_low"], comparison["profit_difference_high"]
    figures = (
        f"The candidate earns {_money(comparison['candidate_profit'], currency)} per date, "
        f"{name} earns {_money(comparison['champion_profit'], currency)}: a difference of "
        f"{comparison['profit_difference']:+,.2f} ({low:+,.2f} to {high:+,.2f}) on the same "
        f"{comparison['customers']:,.0f} customers and {comparison['dates']:,.0f} dates"
    )
    required = _money(gate.required_gain, currency)
    if low > gate.required_gain:
        return Finding("champion", f"{figures}. A gain of more than {required} is proven.")
    if high < 0:
        return Finding("rejected", f"{figures}. The candidate is proven to earn less.")
    return Finding(
        "challenger",
        f"{figures}. The candidate is proven neither to earn over {required} more nor to earn "
        "less.",
    )


def _miss_answer(champion: ModelVersion) -> str:
    return f"Champion version {champion.version} cannot read the features of the held-out rows."


def _look_back(as_of: AsOf, champion: ModelVersion) -> Finding:
    return Finding(
        "rejected",
        f"The candidate was trained as of {as_of}, before champion version {champion.version} "
        f"(as of {champion.facts['as_of']}): the gate accepts only the same or a later date.",
    )


def _decide(findings: list[Finding]) -> dict[str, Any]:
    ranked = sorted(findings, key=lambda finding: WORST_FIRST.index(finding.status))
    status = ranked[0].status
    advice = [BY_HAND] if status == "challenger" else []
    return {"status": status, "reasons": [*(found.reason for found in ranked), *advice]}


def _list_evidence(
    metrics: dict[str, float],
    slice_gaps: pd.DataFrame,
    comparison: dict[str, float],
    gate: GateParams,
) -> dict[str, float]:
    """Return the figures by name, without NaN and infinity, which JSON cannot hold."""
    judged = ("expected_calibration_error", "expected_profit")
    compared = {name: comparison[name] for name in COMPARED if name in comparison}
    numbers = gate.model_dump() | compared
    numbers |= {name: value for name, value in metrics.items() if name.startswith(judged)}
    for row in _read_gaps(slice_gaps):
        name = f"{row['slice']}_{row['measure']}_gap"
        numbers |= {name: row["gap"], f"{name}_low": row["low"], f"{name}_high": row["high"]}
    return {name: float(value) for name, value in numbers.items() if math.isfinite(value)}


def _read_gaps(slice_gaps: pd.DataFrame) -> list[dict[str, Any]]:
    rows = slice_gaps.to_dict("records")
    return [{str(name): value for name, value in row.items()} for row in rows]


def _money(value: float, currency: str) -> str:
    return f"{value:,.2f} {currency}"
