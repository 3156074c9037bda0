"""How good probabilities are, counted under weights.

With weights of 1 the numbers are those of scikit-learn, with others those of its `sample_weight`;
whole weights count a row that many times.
"""

from collections.abc import Callable

import numpy as np

from telco_churn.pipelines.evaluation.held_out import Floats
from telco_churn.pipelines.evaluation.ranking import Tally

LIFT_SHARE = 0.05


def roc_auc(tally: Tally) -> float:
    """Share of pairs of which the one who churned ranks higher; a tie is half a pair."""
    ranking = tally.ranking
    places = ((ranking.tie_starts, ranking.hits_above), (ranking.tie_ends, ranking.hits_within))
    misses_above = [tally.total[rows] - tally.found[hits] for rows, hits in places]
    misses = tally.size - tally.churned
    below = misses - (misses_above[0] + misses_above[1]) / 2
    return float(tally.weights[ranking.hits] @ below / (tally.churned * misses))


def average_precision(tally: Tally) -> float:
    """Mean, over those who churned, of the churn rate among all who rank as high or higher."""
    contacted = tally.total[tally.ranking.tie_ends]
    precision = tally.found[tally.ranking.hits_within] / np.where(contacted > 0, contacted, 1)
    return float(tally.weights[tally.ranking.hits] @ precision / tally.churned)


def brier(tally: Tally) -> float:
    """Mean squared distance of probability and outcome."""
    return float(tally.weights @ tally.ranking.squared_error / tally.size)


def log_loss(tally: Tally) -> float:
    """Mean negative logarithm of the probability given to what came, in nats."""
    return float(tally.weights @ tally.ranking.log_error / tally.size)


def calibration_gaps(tally: Tally) -> Floats:
    """Forecast less outcome of each decile, times its share of rows, shape `(10,)`."""
    _, churned, expected = tally.deciles
    return (expected - churned) / tally.size


def expected_calibration_error(tally: Tally) -> float:
    """Mean gap between forecast and outcome over ten groups of equal size, by probability.

    Source: Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, 2015.
    """
    return float(np.abs(calibration_gaps(tally)).sum())


def lift_at_5_percent(tally: Tally) -> float:
    """Churn rate among the riskiest 5 % over the churn rate of all."""
    top = max(1.0, float(round(LIFT_SHARE * tally.size)))
    found = float(tally.churned_among(np.array(top)))
    return found / top / (tally.churned / tally.size)


def capture_top_decile(tally: Tally) -> float:
    """Share of all who churned that is among the riskiest decile."""
    return float(tally.deciles[1, 0] / tally.churned)


METRICS: dict[str, Callable[[Tally], float]] = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "brier": brier,
    "log_loss": log_loss,
    "expected_calibration_error": expected_calibration_error,
    "lift_at_5_percent": lift_at_5_percent,
    "capture_top_decile": capture_top_decile,
}
EXPECTED_PROFIT = "expected_profit"


def measure(tally: Tally) -> Floats:
    """Every metric in the order of `METRICS`; NaN where all rows or none churned."""
    if not tally.has_both_classes:
        return np.full(len(METRICS), np.nan)
    return np.array([metric(tally) for metric in METRICS.values()])
