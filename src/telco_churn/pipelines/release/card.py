"""Write the model card: purpose, data, quality, limits, and the gate's decision.

In: the candidate, intended_use, examples_summary, the tables of the evaluation, promotion.
Out: model_card_draft (Markdown) and model_card_page_draft (HTML), which the package contains; with
the number of the registered version, model_card and model_card_page.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from kedro_asof.git_commit import Commit
from kedro_asof.params import AsOf
from telco_churn import plots
from telco_churn.learning.baselines import list_titles
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
from telco_churn.pipelines.release.data_summary import FOLDS, ExamplesSummary
from telco_churn.pipelines.release.intended_use import IntendedUse
from telco_churn.registry.registry_types import ModelVersion

FOLDER = files("telco_churn.pipelines.release")
TEMPLATE = FOLDER.joinpath("model_card.md.jinja").read_text("utf-8")
# A version has no number before it is registered together with its card.
NO_NUMBER = "the registered version that contains this card"
SPECIAL = re.compile(r"[\\\[\]|*`]")


def write_model_card(
    candidate: ChurnModel,
    intended_use: IntendedUse,
    examples_summary: ExamplesSummary,
    metric_intervals: pd.DataFrame,
    roc_points: pd.DataFrame,
    calibration_curve: pd.DataFrame,
    profit_curve: pd.DataFrame,
    profit_curves_of_baselines: pd.DataFrame,
    decile_table: pd.DataFrame,
    slice_metrics: pd.DataFrame,
    slice_gaps: pd.DataFrame,
    feature_importance: pd.DataFrame,
    feature_titles: Mapping[str, str],
    leakage_findings: pd.DataFrame,
    promotion: dict[str, Any],
    decision: DecisionParams,
    leakage: LeakageParams,
    tuning: TuningParams,
    evaluation: EvaluationParams,
    release: ReleaseParams,
    summary: SummaryParams,
    as_of: AsOf,
    commit: Commit | None,
    clock: datetime,
    data_notes: Sequence[str] = (),
) -> tuple[str, str]:
    """Write the model card of the candidate, without the number of its version.

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
        summary=_summarize(metric_intervals, examples_summary),
        profit=_describe_profit(metric_intervals, profit_curve, decision),
        matched=_find_matched(metric_intervals),
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
        version=NO_NUMBER,
        as_of=as_of,
        trained_on=clock.date(),
        commit=commit,
    )
    # The page includes these figures; the Markdown links the files that evaluation saved.
    figures = {
        "plots/importance_plot.png": plots.draw_importance(feature_importance, feature_titles),
        "plots/roc_plot.png": plots.draw_roc_curve(roc_points, metric_intervals),
        "plots/calibration_plot.png": plots.draw_calibration(calibration_curve),
        "plots/profit_plot.png": plots.draw_profit(
            profit_curve, profit_curves_of_baselines, decision, summary
        ),
        "plots/decile_plot.png": plots.draw_deciles(decile_table),
        "plots/slice_plot.png": plots.draw_slices(slice_metrics, feature_titles),
    }
    return markdown, render_page(markdown, f"Model card: {release.model_name}", figures)


def name_version(card: str, page: str, version: ModelVersion) -> tuple[str, str]:
    """Fill in the number of the registered version, in the Markdown and in the page."""
    number = str(version.version)
    return card.replace(NO_NUMBER, number), page.replace(NO_NUMBER, number)


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


def _summarize(metric_intervals: pd.DataFrame, examples: ExamplesSummary) -> dict[str, str]:
    """Return the figures of the summary; the best baseline is the one with the highest profit."""
    titles = list_titles()
    captured = _find_metrics(metric_intervals)["capture_top_decile"]["value"]
    profits = metric_intervals[metric_intervals["metric"] == EXPECTED_PROFIT]
    by_baseline = profits[profits["model"].isin(titles)].set_index("model")["value"]
    return {
        "rows": f"{_select_held_out(examples)['rows'].sum():,}",
        "captured": f"{100 * captured:.0f} %",
        "baseline": titles[str(by_baseline.idxmax())],
        "baseline_profit": METRICS[EXPECTED_PROFIT].format.format(by_baseline.max()),
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


def _find_matched(metric_intervals: pd.DataFrame) -> dict[str, list[str]]:
    """Return the baselines that are not worse than the candidate, by metric; both as titles."""
    values = metric_intervals.set_index(["metric", "model"])["value"]
    matched = {
        metric.title: [
            title
            for model, title in list_titles().items()
            if metric.is_as_good(
                values.get((name, model), math.nan), values.get((name, "candidate"), math.nan)
            )
        ]
        for name, metric in METRICS.items()
    }
    return {metric: titles for metric, titles in matched.items() if titles}


def _list_limits(
    metric_intervals: pd.DataFrame,
    deciles: pd.DataFrame,
    slices: pd.DataFrame,
    examples: ExamplesSummary,
) -> dict[str, Any]:
    captured = deciles.loc[deciles["decile"] == 1, "captured"].sum()
    few = slices[~slices["judged"].astype(bool)]
    return {
        "roc_auc": _find_metrics(metric_intervals)["roc_auc"]["value"],
        "missed": 1 - captured,
        "dates": int(_select_held_out(examples)["dates"].sum()),
        "not_judged": [f"{row['slice']}: {row['value']}" for row in few.to_dict("records")],
    }


def _find_metrics(metric_intervals: pd.DataFrame) -> dict[Any, tables.Interval]:
    """Return the candidate's metrics by name."""
    ours = metric_intervals[metric_intervals["model"] == "candidate"]
    return {row["metric"]: row for row in ours.to_dict("records")}


def _select_held_out(examples: ExamplesSummary) -> pd.DataFrame:
    return examples.splits[examples.splits["split"].isin(["test", FOLDS])]
