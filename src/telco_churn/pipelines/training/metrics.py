"""How good probabilities are, as one flat dictionary."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

Labels = npt.NDArray[np.bool_]
Probabilities = npt.NDArray[np.float64]

CALIBRATION_BINS = 10
LIFT_SHARE = 0.05
LOWER_IS_BETTER = frozenset({"log_loss", "brier", "expected_calibration_error"})


def expected_calibration_error(churned: Labels, probability: Probabilities) -> float:
    """Mean gap between forecast and outcome over ten groups of equal size, by probability.

    Source: Naeini et al., Obtaining Well Calibrated Probabilities Using Bayesian Binning, 2015.
    """
    groups = np.array_split(np.argsort(probability, kind="stable"), CALIBRATION_BINS)
    gaps = [abs(churned[rows].mean() - probability[rows].mean()) * len(rows) for rows in groups]
    return float(sum(gaps) / len(churned))


def lift_at_5_percent(churned: Labels, probability: Probabilities) -> float:
    """Churn rate among the riskiest 5 % over the churn rate of all."""
    top = max(1, round(LIFT_SHARE * len(churned)))
    riskiest = np.argsort(-probability, kind="stable")[:top]
    return float(churned[riskiest].mean() / churned.mean())


METRICS: dict[str, Callable[[Labels, Probabilities], float]] = {
    "roc_auc": roc_auc_score,
    "average_precision": average_precision_score,
    "brier": brier_score_loss,
    "log_loss": log_loss,
    "expected_calibration_error": expected_calibration_error,
    "lift_at_5_percent": lift_at_5_percent,
}


def measure(churned: Labels, probability: Probabilities) -> dict[str, float]:
    """Compute every metric; both arguments of shape `(rows,)`."""
    return {name: float(metric(churned, probability)) for name, metric in METRICS.items()}


def average_folds(folds: list[dict[str, float]]) -> dict[str, float]:
    """Mean of each metric over folds, and `<name>_std`, its standard deviation."""
    frame = pd.DataFrame(folds)
    means = {str(name): float(mean) for name, mean in frame.mean().items()}
    return means | {f"{name}_std": float(std) for name, std in frame.std(ddof=0).items()}


def is_not_worse(metric: str, candidate: float, champion: float, tolerance: float) -> bool:
    """Whether the candidate's value of a metric is as good as the champion's, give or take."""
    gain = champion - candidate if metric in LOWER_IS_BETTER else candidate - champion
    return gain >= -tolerance
