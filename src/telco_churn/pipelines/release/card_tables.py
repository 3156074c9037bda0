"""The tables of a model card, as text: figures rounded to what they can tell.

In: tables of the evaluation, parameters. Out: headings and rows for the template.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from telco_churn.learning.baselines import list_titles
from telco_churn.parameters.decision import DecisionParams
from telco_churn.pipelines.release.data_summary import ExamplesSummary

METRICS = {
    "roc_auc": ("ROC AUC", "{:.4f}"),
    "average_precision": ("Average precision", "{:.4f}"),
    "brier": ("Brier score", "{:.5f}"),
    "log_loss": ("Log loss", "{:.5f}"),
    "expected_calibration_error": ("Calibration error", "{:.4f}"),
    "lift_at_5_percent": ("Lift at 5 %", "{:.2f}"),
    "capture_top_decile": ("Captured in the first decile", "{:.1%}"),
    "expected_profit": ("Expected profit per date", "{:,.0f}"),
}
MODELS = {"candidate": "This model", "champion": "Champion before"}  # beside the baselines
PURPOSES = {
    "train": "to learn from",
    "gap": "not used, a gap as long as the horizon",
    "calibration": "where to stop learning, and calibration",
    "test": "to judge",
    "folds": "to learn from and, out of fold, to judge",
}


Figure = Mapping[Hashable, Any]  # `value`, `low`, `high`


@dataclass(frozen=True)
class CardTable:
    """Headings and rows, all text; the first column names the row."""

    headings: list[str]
    rows: list[list[str]]


def tabulate_splits(examples: ExamplesSummary) -> CardTable:
    """Which dates are for what, and how many churned in them."""
    rows = [
        [
            PURPOSES[row["split"]],
            row["first"] if row["first"] == row["last"] else f"{row['first']} to {row['last']}",
            f"{row['dates']:,}",
            f"{row['rows']:,}",
            f"{row['customers']:,}",
            f"{row['churned']:,}",
            f"{row['churned'] / row['rows']:.2%}",
        ]
        for row in examples.splits.to_dict("records")
    ]
    return CardTable(
        ["Purpose", "Dates", "Snapshots", "Rows", "Customers", "Churned", "Rate"], rows
    )


def tabulate_metrics(metric_intervals: pd.DataFrame) -> CardTable:
    """This model beside its baselines and the champion, a metric a row."""
    present = list(dict.fromkeys(metric_intervals["model"]))
    titles = MODELS | list_titles()
    models = [model for model in titles if model in present]
    figures = metric_intervals.set_index(["metric", "model"]).to_dict("index")
    rows = [
        [title, *(show(form, figures.get((metric, model))) for model in models)]
        for metric, (title, form) in METRICS.items()
        if (metric, "candidate") in figures
    ]
    return CardTable(["", *(titles[model] for model in models)], rows)


def tabulate_deciles(deciles: pd.DataFrame) -> CardTable:
    """Who churned by decile of the customers, the riskiest first."""
    rows = [
        [
            f"{row['decile']:.0f}",
            f"{row['customers']:,.0f}",
            f"{row['churned']:,.0f}",
            f"{row['mean_probability']:.2%}",
            f"{row['churn_rate']:.2%}",
            show("{:.2f}", _named(row, "lift")),
            show("{:.1%}", _named(row, "captured")),
        ]
        for row in deciles.to_dict("records")
    ]
    headings = ["Decile", "Customers", "Churned", "Forecast", "Churn rate", "Lift", "Captured"]
    return CardTable(headings, rows)


def tabulate_slices(slices: pd.DataFrame) -> CardTable:
    """How well each slice is served."""
    rows = [
        [
            f"{row['slice']}: {row['value']}",
            f"{row['customers']:,.0f}",
            f"{row['churned']:,.0f}",
            f"{row['churn_rate']:.2%}",
            *(
                show(form, _named(row, name)) if row["judged"] else "not judged"
                for name, form in (("roc_auc", "{:.3f}"), ("calibration_gap", "{:+.2%}"))
            ),
        ]
        for row in slices.to_dict("records")
    ]
    headings = ["Slice", "Customers", "Churned", "Churn rate", "ROC AUC", "Forecast less rate"]
    return CardTable(headings, rows)


def tabulate_gaps(gaps: pd.DataFrame) -> CardTable:
    """How far the worst value of a slice lies behind the best."""
    titles = {"roc_auc": ("ROC AUC", "{:.3f}"), "calibration_gap": ("forecast, rate", "{:.2%}")}
    rows = [
        [
            row["slice"],
            titles[row["measure"]][0],
            show(titles[row["measure"]][1], {**row, "value": row["gap"]}),
            row["worst_value"],
            row["best_value"],
        ]
        for row in gaps.to_dict("records")
    ]
    return CardTable(["Slice", "Measure", "Gap", "Worst", "Best"], rows)


def tabulate_money(decision: DecisionParams, currency: str) -> CardTable:
    """What a contact costs and may win."""
    capacity = decision.campaign_capacity
    rows = [
        ["Worth of a customer who is kept", f"{decision.kept_customer_value:,.2f} {currency}"],
        ["Cost of a contact", f"{decision.contact_cost:,.2f} {currency}"],
        ["Cost of an offer that is taken", f"{decision.offer_cost:,.2f} {currency}"],
        ["Contacted customers who take it", f"{decision.acceptance_rate:.1%}"],
        ["Contacts per date at most", "no limit" if capacity is None else f"{capacity:,}"],
    ]
    return CardTable(["Assumption", "Value"], rows)


def show(form: str, figure: Figure | None) -> str:
    """Show a figure with its interval, as far as there is one."""
    if figure is None or math.isnan(figure["value"]):
        return "none"
    value = form.format(figure["value"])
    if math.isnan(figure["low"]) or math.isnan(figure["high"]):
        return value
    return f"{value} ({form.format(figure['low'])} to {form.format(figure['high'])})"


def _named(row: Figure, name: str) -> Figure:
    return {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
