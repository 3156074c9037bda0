"""Every figure can be drawn and saved from small tables, with the least of data and with more."""

import io
from collections.abc import Callable

import pandas as pd
import pytest
from matplotlib.figure import Figure

from telco_churn import plots
from telco_churn.pipelines.evaluation.curves import (
    count_probabilities,
    trace_baselines,
    trace_precision,
    trace_profit,
    trace_roc,
)
from telco_churn.pipelines.evaluation.deciles import tabulate_calibration, tabulate_deciles
from telco_churn.pipelines.evaluation.nodes import measure_models
from telco_churn.pipelines.evaluation.slice_tables import measure_slices
from tests.pipelines.evaluation.predictions import NO_CHAMPION, evaluation_params, predict
from tests.pipelines.evaluation.test_campaign_profit import decision

HOW, MONEY = evaluation_params(bootstrap_samples=20), decision(20)
ROWS = predict(300, seed=0).assign(rule_of_thumb=0.1, slice_region=["north", "south", None] * 100)
IMPORTANCE = pd.DataFrame({"feature": ["tenure_days", "plan"], "share": [0.7, 0.3]})
HISTORY = pd.DataFrame(
    {"steps": [1, 2], "train_log_loss": [0.5, 0.4], "calibration_log_loss": [0.5, 0.45]}
)

DRAWINGS: dict[str, Callable[[], Figure]] = {
    "roc": lambda: plots.draw_roc_curve(
        trace_roc(ROWS), measure_models(ROWS, NO_CHAMPION, HOW, MONEY)
    ),
    "precision": lambda: plots.draw_precision_recall(
        trace_precision(ROWS), measure_models(ROWS, NO_CHAMPION, HOW, MONEY)
    ),
    "calibration": lambda: plots.draw_calibration(
        tabulate_calibration(ROWS, HOW), count_probabilities(ROWS)
    ),
    "calibration alone": lambda: plots.draw_calibration(tabulate_calibration(ROWS, HOW)),
    "deciles": lambda: plots.draw_deciles(tabulate_deciles(ROWS, HOW)),
    "profit": lambda: plots.draw_profit(
        trace_profit(ROWS, HOW, MONEY),
        currency="EUR",
        capacity=20,
        baselines=trace_baselines(ROWS, MONEY),
    ),
    "profit alone": lambda: plots.draw_profit(trace_profit(ROWS, HOW, MONEY), currency="EUR"),
    "profit without baselines": lambda: plots.draw_profit(
        trace_profit(ROWS, HOW, MONEY),
        currency="EUR",
        baselines=trace_baselines(ROWS.drop(columns="rule_of_thumb"), MONEY),
    ),
    "slices": lambda: plots.draw_slices(measure_slices(ROWS, HOW)[0]),
    "no slices": lambda: plots.draw_slices(measure_slices(ROWS, HOW)[0].head(0)),
    "importance": lambda: plots.draw_importance(IMPORTANCE),
    "learning curve": lambda: plots.draw_learning_curve(HISTORY),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_is_saved_without_a_warning(name: str) -> None:
    file = io.BytesIO()
    DRAWINGS[name]().savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")


def test_the_profit_plot_names_its_currency_and_the_capacity() -> None:
    (axes,) = DRAWINGS["profit"]().axes
    assert axes.get_ylabel() == "Profit per date (EUR)"
    labels = axes.get_legend_handles_labels()[1]
    assert {"Candidate", "Rule of thumb", "Capacity: 20 contacts"} < set(labels)
