"""evaluation: held_out_predictions, candidate -> metrics, tables, plots, champion_comparison."""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from telco_churn import plots
from telco_churn.pipelines.evaluation import curves, nodes, slices

ROWS, CHAMPION = "held_out_predictions", "champion_predictions"
HOW, MONEY = "params:evaluation", "params:decision"


def create_pipeline(titles: str = "feature_titles") -> Pipeline:
    """Create the evaluation pipeline: metrics, tables, and plots of both.

    Args:
        titles: Dataset with the title of each feature, by name, for plots.
    """
    measures = [
        _node(nodes.measure_models, [ROWS, CHAMPION, HOW, MONEY], "metric_intervals"),
        _node(nodes.compare_with_baselines, [ROWS, HOW], "baseline_gains"),
        _node(nodes.report_metrics, ["metric_intervals", "baseline_gains"], "evaluation_metrics"),
        _node(nodes.compare_with_champion, [ROWS, CHAMPION, HOW, MONEY], "champion_comparison"),
        _node(slices.measure_slices, [ROWS, HOW], ["slice_metrics", "slice_gaps"]),
        _node(nodes.rank_features, "candidate", "feature_importance"),
    ]
    tables = [
        _node(curves.tabulate_deciles, [ROWS, HOW], "decile_table"),
        _node(curves.tabulate_calibration, [ROWS, HOW], "calibration_curve"),
        _node(curves.trace_profit, [ROWS, HOW, MONEY], "profit_curve"),
        _node(curves.trace_profit_of_baselines, [ROWS, MONEY], "profit_curves_of_baselines"),
        _node(curves.trace_roc, ROWS, "roc_points"),
        _node(curves.trace_precision_recall, ROWS, "precision_recall_points"),
        _node(curves.tabulate_calibration_histogram, ROWS, "calibration_histogram"),
    ]
    return Pipeline(
        [*measures, *tables, *_plots(titles)],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )


def _plots(titles: str) -> list[Node]:
    precision = ["precision_recall_points", "metric_intervals"]
    calibration = ["calibration_curve", "calibration_histogram"]
    profit = ["profit_curve", "profit_curves_of_baselines", MONEY, "params:summary"]
    return [
        _node(plots.draw_roc_curve, ["roc_points", "metric_intervals"], "roc_plot"),
        _node(plots.draw_precision_recall, precision, "precision_recall_plot"),
        _node(plots.draw_calibration, calibration, "calibration_plot"),
        _node(plots.draw_deciles, "decile_table", "decile_plot"),
        _node(plots.draw_profit, profit, "profit_plot"),
        _node(plots.draw_importance, ["feature_importance", titles], "importance_plot"),
        _node(plots.draw_slices, ["slice_metrics", titles], "slice_plot"),
        _node(plots.draw_learning_curve, "learning_history", "learning_plot"),
    ]


def _node(function: Callable[..., Any], inputs: str | list[str], outputs: str | list[str]) -> Node:
    """Create a node with the name of its function."""
    return Node(function, inputs, outputs, name=function.__name__)
