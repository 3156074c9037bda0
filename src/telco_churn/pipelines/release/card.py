"""Write the model card: purpose, data, quality, limits, and the gate's decision.

In: the candidate, intended_use, examples_summary, the tables of the evaluation, promotion.
Out: model_card (Markdown), model_card_page (HTML).
"""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from kedro_asof.params import AsOf
from telco_churn import plots
from telco_churn.metrics.metric_table import EXPECTED_PROFIT, METRICS
from telco_churn.model.churn_model import ChurnModel
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.leakage import LeakageParams
from telco_churn.parameters.release import ReleaseParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.parameters.tuning import TuningParams
from telco_churn.pipelines.release import card_tables as tables
from telco_churn.pipelines.release.card_page import render_page
from telco_churn.pipelines.release.data_summary import ExamplesSummary
from telco_churn.pipelines.release.intended_use import IntendedUse

TEMPLATE = files("telco_churn.pipelines.release").joinpath("model_card.md.jinja").read_text("utf-8")
SPECIAL = re.compile(r"[\\\[\]|*`]")


def write_model_card(
    candidate: ChurnModel,
    intended_use: IntendedUse,
    examples_summary: ExamplesSummary,
    metric_intervals: pd.DataFrame,
    roc_points: pd.DataFrame,
    calibration_curve: pd.DataFrame,
    profit_curve: pd.DataFrame,
    baseline_profit_curves: pd.DataFrame,
    decile_table: pd.DataFrame,
    slice_metrics: pd.DataFrame,
    slice_gaps: pd.DataFrame,
    feature_importance: pd.DataFrame,
    leakage_findings: pd.DataFrame,
    promotion: dict[str, Any],
    decision: DecisionParams,
    leakage: LeakageParams,
    tuning: TuningParams,
    evaluation: EvaluationParams,
    release: ReleaseParams,
    summary: SummaryParams,
    as_of: AsOf,
    data_notes: Sequence[str] = (),
) -> tuple[str, str]:
    """Write the model card of the candidate.

    Returns:
        Markdown that links the figures in `plots/` next to it; one HTML page that includes them.
    """
    shown = {
        "splits": tables.tabulate_splits(examples_summary),
        "metrics": tables.tabulate_metrics(metric_intervals),
        "money": tables.tabulate_money(decision, summary.currency),
        "deciles": tables.tabulate_deciles(decile_table),
        "slices": tables.tabulate_slices(slice_metrics),
        "gaps": tables.tabulate_gaps(slice_gaps),
    }
    markdown = render_markdown(
        **shown,
        subject=intended_use,
        examples=examples_summary,
        model=_describe_model(candidate, tuning),
        profit=_describe_profit(metric_intervals, profit_curve, decision),
        limits=_list_limits(metric_intervals, decile_table, slice_metrics, examples_summary),
        leaks=leakage_findings.to_dict("records"),
        leakage_action=leakage.action,
        data_notes=data_notes,
        weaknesses=promotion["weaknesses"],
        promotion=promotion,
        acceptance_rate=decision.acceptance_rate,
        confidence=evaluation.confidence,
        currency=summary.currency,
        explained_metrics=[one for one in METRICS.values() if one.meaning],
        lower_is_better=[one.title for one in METRICS.values() if one.better == "lower"],
        name=release.model_name,
        as_of=as_of,
    )
    # The page includes these figures; the Markdown links the files that evaluation saved.
    figures = {
        "plots/importance_plot.png": plots.draw_importance(feature_importance),
        "plots/roc_curve.png": plots.draw_roc_curve(roc_points, metric_intervals),
        "plots/calibration_plot.png": plots.draw_calibration(calibration_curve),
        "plots/profit_plot.png": plots.draw_profit(
            profit_curve, baseline_profit_curves, decision, summary
        ),
        "plots/decile_plot.png": plots.draw_deciles(decile_table),
        "plots/slice_plot.png": plots.draw_slices(slice_metrics),
    }
    return markdown, render_page(markdown, f"Model card: {release.model_name}", figures)


def render_markdown(**parts: Any) -> str:
    """Fill in the template; the filter `cell` keeps a value inside its table cell."""
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the result is Markdown; the page escapes HTML in it
    )
    environment.filters["cell"] = _escape_cell
    return environment.from_string(TEMPLATE).render(**parts)


def _escape_cell(text: str) -> str:
    """Escape Markdown in a value and put it on one line, so that it stays in its cell."""
    return SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))


def _describe_model(candidate: ChurnModel, tuning: TuningParams) -> dict[str, Any]:
    return {
        "learner": candidate.scorer.describe(),
        "trials": tuning.trials,
        "slope": candidate.calibration.slope,
        "intercept": candidate.calibration.intercept,
        "numbers": len(candidate.encoding.numeric),
        "categories": len(candidate.encoding.categories),
    }


def _describe_profit(
    metric_intervals: pd.DataFrame, profit_curve: pd.DataFrame, decision: DecisionParams
) -> dict[str, Any]:
    form = METRICS[EXPECTED_PROFIT].format
    best = profit_curve.sort_values("profit", ascending=False, kind="stable").to_dict("records")[0]
    taken = decision.acceptance_rate * decision.kept_customer_value
    spent = decision.contact_cost + decision.acceptance_rate * decision.offer_cost
    return {
        "expected": tables.show(form, _find_metrics(metric_intervals)[EXPECTED_PROFIT]),
        "best": tables.show(form, {**best, "value": best["profit"]}),
        "contacts": f"{best['contacts']:,.0f}",
        "worth_from": spent / taken if taken else None,
    }


def _list_limits(
    metric_intervals: pd.DataFrame,
    deciles: pd.DataFrame,
    slices: pd.DataFrame,
    examples: ExamplesSummary,
) -> dict[str, Any]:
    judging = examples.splits[examples.splits["split"].isin(["test", "folds"])]
    captured = deciles.loc[deciles["decile"] == 1, "captured"].sum()
    few = slices[~slices["judged"].astype(bool)]
    return {
        "roc_auc": _find_metrics(metric_intervals)["roc_auc"]["value"],
        "missed": 1 - captured,
        "dates": int(judging["dates"].sum()),
        "not_judged": [f"{row['slice']}: {row['value']}" for row in few.to_dict("records")],
    }


def _find_metrics(metric_intervals: pd.DataFrame) -> dict[Any, tables.Interval]:
    """Return the candidate's metrics by name."""
    ours = metric_intervals[metric_intervals["model"] == "candidate"]
    return {row["metric"]: row for row in ours.to_dict("records")}
