"""Format the tables of the model card, with numbers rounded to their meaningful digits.

In: tables of the evaluation, parameters. Out: `CardTable` for the template.
"""

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from telco_churn.learning.baselines import list_titles
from telco_churn.metrics.metric_table import METRICS, show_interval
from telco_churn.parameters.decision import DecisionParams
from telco_churn.pipelines.release.data_summary import ExamplesSummary

MODELS = {"candidate": "This model", "champion": "Previous champion"}  # before the baselines
PURPOSES = {
    "train": "training",
    "gap": "not used: a gap of one label horizon",
    "calibration": "early stopping and calibration",
    "test": "evaluation",
    "folds": "training, and evaluation out of fold",
}
TEXT, NUMBER = "---", "---:"  # in Markdown: text is aligned left, numbers right
Interval = Mapping[Hashable, Any]  # `value`, `low`, `high`


@dataclass(frozen=True)
class CardTable:
    """A table of cells: `TEXT` or `NUMBER` for each column by heading, and the rows."""

    columns: dict[str, str]
    rows: list[list[str]]


def tabulate_splits(examples: ExamplesSummary) -> CardTable:
    """Show the use of each range of dates, with its rows and churners."""
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
    counts = ["Snapshots", "Rows", "Customers", "Churned", "Churn rate"]
    return CardTable({"Purpose": TEXT, "Dates": TEXT} | dict.fromkeys(counts, NUMBER), rows)


def tabulate_metrics(metric_intervals: pd.DataFrame) -> CardTable:
    """Compare this model with the champion and the baselines, one metric per row."""
    present = list(dict.fromkeys(metric_intervals["model"]))
    titles = MODELS | list_titles()
    models = [model for model in titles if model in present]
    found = metric_intervals.set_index(["metric", "model"]).to_dict("index")
    rows = [
        [metric.title, *(show(metric.format, found.get((name, model))) for model in models)]
        for name, metric in METRICS.items()
        if (name, "candidate") in found
    ]
    return CardTable({"Metric": TEXT} | {titles[model]: NUMBER for model in models}, rows)


def tabulate_deciles(deciles: pd.DataFrame) -> CardTable:
    """Show the churners of each decile of customers, the riskiest first."""
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
    headings = ["Decile", "Customers", "Churned", "Predicted", "Churn rate", "Lift", "Captured"]
    return CardTable(dict.fromkeys(headings, NUMBER), rows)


def tabulate_slices(slices: pd.DataFrame) -> CardTable:
    """Show the model's quality on each slice."""
    rows = [
        [
            f"{row['slice']}: {row['value']}",
            f"{row['customers']:,.0f}",
            f"{row['churned']:,.0f}",
            f"{row['churn_rate']:.2%}",
            *(
                show(form, _named(row, name)) if row["judged"] else "not evaluated"
                for name, form in (("roc_auc", "{:.3f}"), ("calibration_gap", "{:+.2%}"))
            ),
        ]
        for row in slices.to_dict("records")
    ]
    measures = ["Customers", "Churned", "Churn rate", "ROC AUC", "Calibration gap"]
    return CardTable({"Slice": TEXT} | dict.fromkeys(measures, NUMBER), rows)


def tabulate_gaps(gaps: pd.DataFrame) -> CardTable:
    """Show the gap between the worst and the best value of each slice."""
    titles = {"roc_auc": ("ROC AUC", "{:.3f}"), "calibration_gap": ("Calibration gap", "{:.2%}")}
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
    kinds = {"Slice": TEXT, "Measure": TEXT, "Gap": NUMBER, "Worst": TEXT, "Best": TEXT}
    return CardTable(kinds, rows)


def tabulate_money(decision: DecisionParams, currency: str) -> CardTable:
    """Show the costs and the value of a contact."""
    capacity = decision.campaign_capacity
    rows = [
        ["Value of a kept customer", f"{decision.kept_customer_value:,.2f} {currency}"],
        ["Cost of a contact", f"{decision.contact_cost:,.2f} {currency}"],
        ["Cost of an accepted offer", f"{decision.offer_cost:,.2f} {currency}"],
        ["Contacted customers who accept the offer", f"{decision.acceptance_rate:.1%}"],
        ["Maximum contacts per date", "no limit" if capacity is None else f"{capacity:,}"],
    ]
    return CardTable({"Assumption": TEXT, "Value": NUMBER}, rows)


def show(form: str, found: Interval | None) -> str:
    """Format a value with its interval, or "none" if there is no value."""
    if found is None or math.isnan(found["value"]):
        return "none"
    return show_interval(form, found["value"], found["low"], found["high"])


def _named(row: Interval, name: str) -> Interval:
    return {"value": row[name], "low": row[f"{name}_low"], "high": row[f"{name}_high"]}
