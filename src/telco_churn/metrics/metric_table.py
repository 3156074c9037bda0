"""The metrics of a model. To add one, write its function and add an entry to `METRICS`.

Every report reads this table: `metric_intervals` and `evaluation_metrics`, the comparison with the
champion, the model card, the legends of the plots, the run summary and `kedro experiments`.

The metrics equal those of scikit-learn, with weights as its `sample_weight`. A row with the integer
weight n counts n times.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from telco_churn.metrics.campaign import Campaign
from telco_churn.metrics.ranking import Floats, WeightedRanking

LIFT_SHARE = 0.05
EXPECTED_PROFIT = "expected_profit"

Curve = Literal["roc", "precision_recall"]


@dataclass(frozen=True)
class WeightedModel(WeightedRanking):
    """The input of a metric: weighted rows in the ranking of one model.

    Attributes:
        campaign: Campaign on the same rows with the probabilities of the model.
    """

    campaign: Campaign


@dataclass(frozen=True)
class Metric:
    """One entry of the table.

    Attributes:
        name: Key in tables, JSON, MLflow and W&B.
        title: Name in the model card, plots and summaries.
        format: Format of a value, e.g. `{:.4f}`.
        better: Direction in which the metric improves.
        function: Computes the value.
        needs_both_classes: Whether the value is NaN, without a call of `function`, if all rows
            churned or none did.
        gaps: For a sum of absolute gaps: computes the gaps by decile, shape `(10,)`. `bound_sum`
            computes the interval from them; other metrics have percentile intervals.
        curve: Plot whose legend shows the metric, if any.
        is_headline: Whether the summary of a scoring run shows the metric.
        meaning: Explanation for the readers of the model card, if any.
    """

    name: str
    title: str
    format: str
    better: Literal["higher", "lower"]
    function: Callable[[WeightedModel], float]
    needs_both_classes: bool = True
    gaps: Callable[[WeightedModel], Floats] | None = None
    curve: Curve | None = None
    is_headline: bool = False
    meaning: str = ""

    def measure(self, model: WeightedModel) -> float:
        """Return the value for one model; NaN if a class is missing that the metric needs."""
        if self.needs_both_classes and not model.has_both_classes:
            return math.nan
        return self.function(model)

    def is_as_good(self, value: float, other: float) -> bool:
        """Whether a value is as good as another, or better; a NaN is neither."""
        return value >= other if self.better == "higher" else value <= other


def roc_auc(model: WeightedRanking) -> float:
    """Return the share of churner-stayer pairs whose churner ranks higher; a tie counts half."""
    ranking = model.ranking
    places = ((ranking.tie_starts, ranking.hits_above), (ranking.tie_ends, ranking.hits_within))
    misses_above = [model.total[rows] - model.found[hits] for rows, hits in places]
    misses = model.size - model.churned
    below = misses - (misses_above[0] + misses_above[1]) / 2
    return float(model.weights[ranking.hits] @ below / (model.churned * misses))


def average_precision(model: WeightedRanking) -> float:
    """Return the mean over churners of the churn rate among rows that rank as high or higher."""
    contacted = model.total[model.ranking.tie_ends]
    precision = model.found[model.ranking.hits_within] / np.where(contacted > 0, contacted, 1)
    return float(model.weights[model.ranking.hits] @ precision / model.churned)


def brier(model: WeightedRanking) -> float:
    """Return the mean squared difference between probability and outcome."""
    return float(model.weights @ model.ranking.squared_error / model.size)


def log_loss(model: WeightedRanking) -> float:
    """Return the mean negative logarithm of the outcome's probability, in nats."""
    return float(model.weights @ model.ranking.log_error / model.size)


def calibration_gaps(model: WeightedRanking) -> Floats:
    """Return mean probability minus churn rate per decile, times its share of rows; `(10,)`."""
    _, churned, expected = model.deciles
    return (expected - churned) / model.size


def expected_calibration_error(model: WeightedRanking) -> float:
    """Return the mean absolute gap between probability and churn rate over deciles.

    Source: Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, 2015.
    """
    return float(np.abs(calibration_gaps(model)).sum())


def lift_at_5_percent(model: WeightedRanking) -> float:
    """Return the churn rate of the riskiest 5 % of rows, divided by the overall churn rate."""
    top = max(1.0, float(round(LIFT_SHARE * model.size)))
    found = float(model.churned_among(np.array(top)))
    return found / top / (model.churned / model.size)


def capture_top_decile(model: WeightedRanking) -> float:
    """Return the share of all churners that the riskiest decile contains."""
    return float(model.deciles[1, 0] / model.churned)


def expected_profit(model: WeightedModel) -> float:
    """Return the profit of the model's campaign, in currency per date."""
    return model.campaign.profit(model.row_weights)


def _index(*metrics: Metric) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


METRICS = _index(
    Metric(
        "roc_auc",
        "ROC AUC",
        "{:.4f}",
        "higher",
        roc_auc,
        curve="roc",
        is_headline=True,
        meaning="the chance that a churner gets a higher score than a customer who stays (area "
        "under the receiver operating characteristic curve); 0.5 is guessing",
    ),
    Metric(
        "average_precision",
        "Average precision",
        "{:.4f}",
        "higher",
        average_precision,
        curve="precision_recall",
        is_headline=True,
        meaning="the churn rate among all customers with at least a churner's score, averaged over "
        "churners",
    ),
    Metric(
        "brier",
        "Brier score",
        "{:.5f}",
        "lower",
        brier,
        meaning="the mean squared error of the probabilities",
    ),
    Metric(
        "log_loss",
        "Log loss",
        "{:.5f}",
        "lower",
        log_loss,
        meaning="the mean negative logarithm of the probability given to the actual outcome",
    ),
    Metric(
        "expected_calibration_error",
        "Calibration error",
        "{:.4f}",
        "lower",
        expected_calibration_error,
        gaps=calibration_gaps,
        meaning="the mean gap between predicted probability and churn rate, over ten groups",
    ),
    Metric(
        "lift_at_5_percent",
        "Lift at 5 %",
        "{:.2f}",
        "higher",
        lift_at_5_percent,
        is_headline=True,
        meaning="the churn rate of the riskiest 5 % of customers, as a multiple of the overall "
        "churn rate",
    ),
    Metric(
        "capture_top_decile",
        "Churners in riskiest decile",
        "{:.1%}",
        "higher",
        capture_top_decile,
        meaning="the share of all churners among the riskiest 10 % of customers",
    ),
    Metric(
        EXPECTED_PROFIT,
        "Expected profit per date",
        "{:,.0f}",
        "higher",
        expected_profit,
        needs_both_classes=False,
        meaning="the profit of contacting the customers that the model would choose, with the "
        "assumptions below",
    ),
)


def measure(model: WeightedModel) -> Floats:
    """Return every metric of a model in the order of `METRICS`, shape `(metrics,)`."""
    return np.array([metric.measure(model) for metric in METRICS.values()])


def list_headlines() -> list[Metric]:
    """Return the metrics that the summary of a scoring run shows."""
    return [metric for metric in METRICS.values() if metric.is_headline]


def find_metric(name: str) -> Metric | None:
    """Return the metric of a logged name such as `logistic_regression_brier` or `brier_low`.

    If several metrics match, the longest name wins; None if no metric matches.
    """
    bare = re.sub("_(low|high)$", "", name)
    fitting = [known for known in METRICS if re.search(rf"(^|[._]){re.escape(known)}$", bare)]
    return METRICS[max(fitting, key=len)] if fitting else None


def show_interval(form: str, value: float, low: float, high: float) -> str:
    """Format a value with its interval, `0.81 (0.77 to 0.85)`; a NaN interval is left out."""
    shown = form.format(value)
    if math.isnan(low) or math.isnan(high):
        return shown
    return f"{shown} ({form.format(low)} to {form.format(high)})"
