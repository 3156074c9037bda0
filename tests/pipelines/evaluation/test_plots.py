"""Plots show the numbers of their tables: lines, marks, labels and axis limits."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from telco_churn import plots
from telco_churn.parameters.summary import SummaryParams
from telco_churn.pipelines.evaluation.curves import (
    tabulate_calibration,
    tabulate_calibration_histogram,
    tabulate_deciles,
    trace_precision_recall,
    trace_profit,
    trace_profit_of_baselines,
    trace_roc,
)
from telco_churn.pipelines.evaluation.nodes import measure_models
from telco_churn.pipelines.evaluation.slices import measure_slices
from tests.pipelines.evaluation.predictions import (
    NO_CHAMPION,
    decision,
    evaluation_params,
    predict,
)
from tests.pipelines.release import small_evaluation as small

HOW, MONEY = evaluation_params(bootstrap_samples=20), decision(20)
SUMMARY = SummaryParams(scores="", currency="EUR", promote="")
ROWS = predict(300, seed=0).assign(rule_of_thumb=0.1, slice_region=["north", "south", None] * 100)
IMPORTANCE = pd.DataFrame({"feature": ["tenure_days", "plan"], "share": [0.7, 0.3]})
TITLES = {"tenure_days": "Time since sign-up", "region": "Region where the customer lives " * 9}
HISTORY = pd.DataFrame(
    {
        "steps": [1, 2, 3],
        "train_log_loss": [0.5, 0.4, 0.3],
        "calibration_log_loss": [0.5, 0.45, 0.47],
    }
)

DRAWINGS: dict[str, Callable[[], Figure]] = {
    "roc": lambda: plots.draw_roc_curve(
        trace_roc(ROWS), measure_models(ROWS, NO_CHAMPION, HOW, MONEY)
    ),
    "precision": lambda: plots.draw_precision_recall(
        trace_precision_recall(ROWS), measure_models(ROWS, NO_CHAMPION, HOW, MONEY)
    ),
    "calibration": lambda: plots.draw_calibration(
        tabulate_calibration(ROWS, HOW), tabulate_calibration_histogram(ROWS)
    ),
    "calibration alone": lambda: plots.draw_calibration(tabulate_calibration(ROWS, HOW)),
    "deciles": lambda: plots.draw_deciles(tabulate_deciles(ROWS, HOW)),
    "profit": lambda: plots.draw_profit(
        trace_profit(ROWS, HOW, MONEY), trace_profit_of_baselines(ROWS, MONEY), MONEY, SUMMARY
    ),
    "profit without baselines": lambda: plots.draw_profit(
        trace_profit(ROWS, HOW, MONEY),
        trace_profit_of_baselines(ROWS.drop(columns="rule_of_thumb"), MONEY),
        decision(None),
        SUMMARY,
    ),
    "slices": lambda: plots.draw_slices(measure_slices(ROWS, HOW)[0], TITLES),
    "no slices": lambda: plots.draw_slices(measure_slices(ROWS, HOW)[0].head(0), TITLES),
    "importance": lambda: plots.draw_importance(IMPORTANCE, TITLES),
    "learning curve": lambda: plots.draw_learning_curve(HISTORY),
}


def read_line(axes: Axes, label: str) -> np.ndarray:
    """Return the points of the line with this label, shape `(points, 2)`."""
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return line.get_xydata()


def list_labels(axes: Axes) -> list[str]:
    return axes.get_legend_handles_labels()[1]


def read_spans(axes: Axes) -> list[list[float]]:
    """Return both ends of each vertical error bar."""
    segments = axes.collections[0].get_segments()
    return [segment[:, 1].tolist() for segment in segments]


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_of_evaluated_rows_draws_without_a_warning(name: str) -> None:
    figure = DRAWINGS[name]()
    figure.draw_without_rendering()
    drawn = [axes.has_data() or axes.texts for axes in figure.axes]
    assert all(drawn)


@pytest.mark.parametrize("name", DRAWINGS)
def test_everything_drawn_is_inside_the_figure(name: str) -> None:
    figure = DRAWINGS[name]()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    drawn = figure.get_tightbbox(canvas.get_renderer())
    width, height = figure.get_size_inches()
    assert min(drawn.x0, drawn.y0) >= 0
    assert (drawn.x1 <= width, drawn.y1 <= height) == (True, True)


def test_the_roc_plot_has_a_line_per_model_named_with_its_metric() -> None:
    points = small.make_roc_points()
    figure = plots.draw_roc_curve(points, small.make_metric_intervals())
    (axes,) = figure.axes
    assert list_labels(axes) == [
        "Random ranking 0.500",
        "Candidate 0.8123 (0.7717 to 0.8529)",
        "Champion 0.7879 (0.7485 to 0.8273)",
        "Rule of thumb 0.6498 (0.6173 to 0.6823)",
    ]
    assert axes.get_legend().get_title().get_text() == "ROC AUC"
    ours = points.loc[points["model"] == "champion", ["false_positive_rate", "true_positive_rate"]]
    line = read_line(axes, "Champion 0.7879 (0.7485 to 0.8273)")
    assert line.tolist() == ours.to_numpy().tolist()
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 1), (0, 1.01))


def test_precision_is_shown_beside_the_churn_rate_and_leaves_out_the_first_few() -> None:
    points = pd.DataFrame(
        {
            "model": "candidate",
            "recall": [0.01, 0.02, 0.5, 1.0],
            "precision": [1.0, 0.4, 0.3, 0.1],
        }
    )
    (axes,) = plots.draw_precision_recall(points, small.make_metric_intervals()).axes
    assert list_labels(axes) == ["Candidate 0.2345 (0.2228 to 0.2462)", "Random ranking 0.100"]
    assert axes.get_legend().get_title().get_text() == "Average precision"
    assert read_line(axes, "Random ranking 0.100")[:, 1].tolist() == [0.1, 0.1]
    assert axes.get_ylim() == pytest.approx((0, 0.4 * 1.3))


def test_calibration_sets_each_group_at_its_forecast_with_its_interval() -> None:
    table = small.make_calibration_curve()
    bars = pd.DataFrame({"lowest": [0.0, 0.1], "highest": [0.1, 0.2], "rows": [90, 10]})
    curve, histogram = plots.draw_calibration(table, bars).axes
    marks = curve.lines[1].get_xydata()
    assert marks.tolist() == table[["mean_probability", "churn_rate"]].to_numpy().tolist()
    assert np.array(read_spans(curve)) == pytest.approx(table[["low", "high"]].to_numpy())
    assert curve.get_xlim() == curve.get_ylim() == pytest.approx((0, 1.08 * table["high"].max()))
    assert [bar.get_height() for bar in histogram.patches] == [90, 10]
    assert histogram.get_yscale() == "log"
    assert histogram.get_xlim() == (0, 0.2)  # with the riskiest customers
    (alone,) = plots.draw_calibration(table).axes
    assert alone.get_xlabel() == curve.get_xlabel() == "Mean predicted probability of a decile"


def test_deciles_show_lift_with_intervals_and_captured_from_none_to_all() -> None:
    table = small.make_decile_table()
    left, right = plots.draw_deciles(table).axes
    (bars,) = [one for one in left.containers if isinstance(one, BarContainer)]
    assert [bar.get_height() for bar in bars] == table["lift"].tolist()
    assert np.array(read_spans(left)) == pytest.approx(table[["lift_low", "lift_high"]].to_numpy())
    captured = right.lines[0].get_xydata()
    assert captured[0].tolist() == [0, 0]
    assert captured[1:].tolist() == [
        [decile / 10, share] for decile, share in zip(range(1, 11), table["captured"], strict=True)
    ]
    assert left.get_title("left") == (
        "The riskiest decile contains 46% of all churners, a lift of 4.6"
    )


def test_profit_is_shown_with_its_best_point_the_capacity_and_the_currency() -> None:
    curve = pd.DataFrame(
        {
            "contacts": [0, 10, 20, 30],
            "profit": [0.0, 50, 30, -20],
            "low": [0.0, 20, -5, -90],
            "high": [0.0, 80, 60, 10],
        }
    )
    baselines = curve.assign(model="rule_of_thumb", profit=curve["profit"] / 2)
    (axes,) = plots.draw_profit(curve, baselines, decision(20), SUMMARY).axes
    assert list_labels(axes) == [
        "Candidate",
        "Rule of thumb",
        "Best: 10 contacts, 50 EUR",
        "Maximum contacts: 20",
    ]
    assert read_line(axes, "Candidate").tolist() == [[0, 0], [10, 50], [20, 30], [30, -20]]
    assert read_line(axes, "Rule of thumb")[1].tolist() == [10, 25]
    assert read_line(axes, "Best: 10 contacts, 50 EUR").tolist() == [[10, 50]]
    assert read_line(axes, "Maximum contacts: 20")[:, 0].tolist() == [20, 20]
    assert axes.get_ylabel() == "Profit per date (EUR)"
    assert axes.get_ylim() == pytest.approx((-0.6 * 80, 1.3 * 80))


def test_the_profit_plot_ends_where_losses_leave_it() -> None:
    """Contacting most customers only loses money, and would take most of the width."""
    contacts = np.arange(0, 1001, 100)
    profit = pd.Series(100.0 - contacts / 2)
    curve = pd.DataFrame({"contacts": contacts, "profit": profit, "low": profit, "high": profit})
    none = curve.head(0).assign(model=pd.Series(dtype="str"))
    (axes,) = plots.draw_profit(curve, none, decision(None), SUMMARY).axes
    assert axes.get_ylim()[0] == pytest.approx(-60)
    assert axes.get_xlim() == (0, 300)
    (wider,) = plots.draw_profit(curve, none, decision(700), SUMMARY).axes
    assert wider.get_xlim() == (0, 700)  # with the line of the capacity
    losses = curve.assign(profit=-contacts, low=-contacts, high=-contacts)
    (all_lose,) = plots.draw_profit(losses, none, decision(None), SUMMARY).axes
    assert all_lose.get_xlim() == (0, 1000)


@pytest.mark.parametrize("capacity", [None, 31])
def test_a_capacity_beyond_all_customers_is_not_shown(capacity: int | None) -> None:
    curve = pd.DataFrame(
        {"contacts": [0, 30], "profit": [0.0, 9], "low": [0.0, 5], "high": [0.0, 12]}
    )
    none = curve.head(0).assign(model=pd.Series(dtype="str"))
    (axes,) = plots.draw_profit(curve, none, decision(capacity), SUMMARY).axes
    assert list_labels(axes) == ["Candidate", "Best: 30 contacts, 9 EUR"]


def test_slices_are_grouped_by_feature_and_those_not_judged_have_no_mark() -> None:
    titles = {"segment": "Segment of the customer", "age_band": "Age band"}
    left, right = plots.draw_slices(small.make_slice_metrics(), titles).axes
    lines = {
        float(place): label.get_text()
        for place, label in zip(left.get_yticks(), left.get_yticklabels(), strict=True)
    }
    assert [lines[place] for place in sorted(lines)] == [
        *("Segment of the customer", "consumer", "business"),
        *("region", "north", "a | b"),
        *("Age band", "75 and over (too small)"),
    ]
    bold = [label.get_text() for label in left.get_yticklabels() if label.get_weight() == "bold"]
    assert bold == ["Segment of the customer", "region", "Age band"]
    assert left.lines[0].get_xydata().tolist() == [
        *([0.81, 1], [0.80, 2]),
        *([0.79, 4], [0.78, 5]),
    ]
    assert right.lines[0].get_xydata()[:, 0].tolist() == [0.001] * 4
    titles_above = [axes.get_title("left") for axes in (left, right)]
    assert titles_above == ["ROC AUC of each slice", "Calibration gap"]
    assert right.get_xlabel() == "Probability minus churn rate"
    first, last = left.get_ylim()
    assert first > last  # rows run from top to bottom


def test_without_slices_the_figure_names_the_parameter() -> None:
    (axes,) = plots.draw_slices(small.make_slice_metrics().head(0), {}).axes
    assert [text.get_text() for text in axes.texts] == ["No slices: set evaluation.slices"]


def test_the_strongest_features_are_shown_the_first_on_top() -> None:
    table = small.make_feature_importance()
    figure = plots.draw_importance(table, {})
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == (
        table["feature"].head(20).tolist()[::-1]
    )
    assert [bar.get_width() for bar in axes.patches] == table["share"].head(20).tolist()[::-1]
    assert axes.get_title("left") == "The 20 most important of 25 features"
    (few,) = plots.draw_importance(IMPORTANCE, {}).axes
    assert few.get_title("left") == "Features by importance"


def test_a_feature_has_its_title_in_up_to_two_lines() -> None:
    table = pd.DataFrame({"feature": ["tenure_days", "region", "plan", "cost_a"], "share": 0.25})
    titles = TITLES | {"cost_a": "$ a month (of $)"}
    (axes,) = plots.draw_importance(table, titles).axes
    formula, plan, region, tenure = axes.get_yticklabels()
    assert tenure.get_text() == "Time since sign-up"
    first, second = region.get_text().splitlines()
    assert (first, second[-2:]) == ("Region where the customer lives Region", " …")
    assert plan.get_text() == "plan"
    assert not formula.get_parse_math()


def test_the_learning_curve_marks_where_held_out_loss_is_least() -> None:
    (axes,) = plots.draw_learning_curve(HISTORY).axes
    assert list_labels(axes) == ["Training rows", "Calibration rows (held out)", "Best step: 2"]
    assert read_line(axes, "Training rows").tolist() == [[1, 0.5], [2, 0.4], [3, 0.3]]
    assert read_line(axes, "Calibration rows (held out)")[:, 1].tolist() == [0.5, 0.45, 0.47]
    assert read_line(axes, "Best step: 2")[:, 0].tolist() == [2, 2]


def test_a_single_step_of_learning_is_a_mark() -> None:
    (axes,) = plots.draw_learning_curve(HISTORY.head(1)).axes
    assert [line.get_marker() for line in axes.lines[:2]] == ["o", "o"]
    (longer,) = plots.draw_learning_curve(HISTORY).axes
    assert [line.get_marker() for line in longer.lines[:2]] == ["None", "None"]


def test_names_are_drawn_in_fonts_that_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = ["DejaVu Sans", "Noto Sans CJK JP", "Comic Sans MS"]
    monkeypatch.setattr(font_manager, "get_font_names", lambda: installed)

    (axes,) = plots.draw_importance(IMPORTANCE, TITLES).axes

    families = [label.get_fontfamily() for label in axes.get_yticklabels()]
    assert families == [["DejaVu Sans", "Noto Sans CJK JP"]] * len(IMPORTANCE)
