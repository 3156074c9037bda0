"""evaluation: held_out_predictions, candidate -> metrics, tables, plots, champion_comparison."""

from kedro.pipeline import Node, Pipeline

from telco_churn import plots
from telco_churn.pipelines.evaluation import curves, nodes, slices

ROWS, CHAMPION = "held_out_predictions", "champion_predictions"
HOW, MONEY = "params:evaluation", "params:decision"


def create_pipeline() -> Pipeline:
    """Wire the measures, then the tables behind them, then the plots of both."""
    return Pipeline(
        [*_measures(), *_tables(), *_plots()],
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )


def _measures() -> list[Node]:
    return [
        Node(
            nodes.measure_models,
            [ROWS, CHAMPION, HOW, MONEY],
            "metric_intervals",
            name="measure_models",
        ),
        Node(nodes.report_metrics, "metric_intervals", "evaluation_metrics", name="report_metrics"),
        Node(
            nodes.compare_with_champion,
            [ROWS, CHAMPION, HOW, MONEY],
            "champion_comparison",
            name="compare_with_champion",
        ),
        Node(
            slices.measure_slices,
            [ROWS, HOW],
            ["slice_metrics", "slice_gaps"],
            name="measure_slices",
        ),
        Node(nodes.rank_features, "candidate", "feature_importance", name="rank_features"),
    ]


def _tables() -> list[Node]:
    return [
        Node(curves.tabulate_deciles, [ROWS, HOW], "decile_table", name="tabulate_deciles"),
        Node(
            curves.tabulate_calibration,
            [ROWS, HOW],
            "calibration_curve",
            name="tabulate_calibration",
        ),
        Node(curves.trace_profit, [ROWS, HOW, MONEY], "profit_curve", name="trace_profit"),
        Node(
            curves.trace_baselines, [ROWS, MONEY], "baseline_profit_curves", name="trace_baselines"
        ),
        Node(curves.trace_roc, ROWS, "roc_points", name="trace_roc"),
        Node(curves.trace_precision, ROWS, "precision_recall_points", name="trace_precision"),
        Node(curves.count_probabilities, ROWS, "probability_histogram", name="count_probabilities"),
    ]


def _plots() -> list[Node]:
    return [
        Node(
            plots.draw_roc_curve,
            ["roc_points", "metric_intervals"],
            "roc_curve",
            name="draw_roc_curve",
        ),
        Node(
            plots.draw_precision_recall,
            ["precision_recall_points", "metric_intervals"],
            "precision_recall_curve",
            name="draw_precision_recall",
        ),
        Node(
            plots.draw_calibration,
            ["calibration_curve", "probability_histogram"],
            "calibration_plot",
            name="draw_calibration",
        ),
        Node(plots.draw_deciles, "decile_table", "decile_plot", name="draw_deciles"),
        Node(
            plots.draw_profit,
            ["profit_curve", "baseline_profit_curves", MONEY, "params:summary"],
            "profit_plot",
            name="draw_profit",
        ),
        Node(
            plots.draw_importance, "feature_importance", "importance_plot", name="draw_importance"
        ),
        Node(plots.draw_slices, "slice_metrics", "slice_plot", name="draw_slices"),
        Node(
            plots.draw_learning_curve,
            "learning_history",
            "learning_curve",
            name="draw_learning_curve",
        ),
    ]
