"""Where the model is worse than elsewhere: the same measures, slice by slice.

In: held_out_predictions, parameters. Out: slice_metrics, slice_gaps.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.held_out import Floats, read_held_out
from telco_churn.pipelines.evaluation.resampling import (
    bound_largest,
    bound_spread,
    find_interval,
    resample,
)
from telco_churn.pipelines.evaluation.slices import MEASURES, Slice, cut_slices

TEXTS = ("slice", "value", "measure", "worst_value", "best_value")
SLICE_COLUMNS = (
    *("slice", "value", "customers", "churned", "churn_rate", "mean_probability"),
    *(name + suffix for name in MEASURES for suffix in ("", "_low", "_high")),
    "judged",
)
GAP_COLUMNS = ("slice", "measure", "gap", "low", "high", "worst_value", "best_value")


@dataclass(frozen=True)
class Measured:
    """What was measured on the judged slices.

    Attributes:
        values: Shape `(slices, measures)`.
        resamples: The same under each draw, shape `(draws, slices, measures)`.
        confidence: Of the intervals.
    """

    values: Floats
    resamples: Floats
    confidence: float


def measure_slices(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge the candidate on the rows of each slice, and how far slices lie apart.

    A slice of too few rows, or with fewer than ten who churned or ten who did not, is listed and
    not judged: its measures are NaN.

    A gap is, for `roc_auc`, the best slice's less the worst's; for `calibration_gap`, the largest
    of the slices' gaps without its sign. Even where a model is alike everywhere, gaps are above 0
    by chance. `low` of a gap is what is left of it when chance is allowed for: see `bound_largest`.
    A gate should look at `low`.

    Args:
        held_out_predictions: `slice_<feature>` for each feature of `evaluation.slices` there is.
        evaluation: The slices, the fewest rows, the draws.

    Returns:
        The slices: `slice`, `value`, `customers` (once per date), `churned`, `churn_rate`,
        `mean_probability`, `roc_auc` and `calibration_gap` (mean probability less churn rate) with
        their percentile intervals, `judged`. The gaps: `slice`, `measure`, `gap`, `low`, `high`,
        `worst_value`, `best_value`, for features with two judged slices at least.

    Raises:
        UnfitPredictionsError: When all rows churned, or none.
    """
    held_out = read_held_out(held_out_predictions)
    slices = cut_slices(held_out_predictions, held_out, evaluation)
    judged = [part for part in slices if part.judged]

    def statistic(weights: Floats) -> Floats:
        return np.array([part.measure(weights) for part in judged])

    values = statistic(np.ones(len(held_out.churned)))
    resamples = resample(held_out.customer, evaluation, statistic)
    found = Measured(values, resamples, evaluation.confidence)
    return _list_slices(slices, judged, found), _list_gaps(judged, found)


def _list_slices(slices: list[Slice], judged: list[Slice], found: Measured) -> pd.DataFrame:
    places = {(part.feature, part.value): place for place, part in enumerate(judged)}
    lines = [
        _describe(part) | _show(found, places.get((part.feature, part.value))) for part in slices
    ]
    types = {"customers": "int64", "churned": "int64", "judged": "bool"}
    numbers = dict.fromkeys(set(SLICE_COLUMNS) - set(types) - set(TEXTS), "float64")
    return pd.DataFrame(lines, columns=list(SLICE_COLUMNS)).astype(
        types | numbers | {"slice": "str", "value": "str"}
    )


def _describe(part: Slice) -> dict[str, Any]:
    churned, rows = len(part.ranking.hits), len(part.ranking.rows)
    return {
        "slice": part.feature,
        "value": part.value,
        "customers": rows,
        "churned": churned,
        "churn_rate": churned / rows,
        "mean_probability": part.ranking.probability.mean(),
        "judged": part.judged,
    }


def _show(found: Measured, place: int | None) -> dict[str, float]:
    if place is None:
        return {}
    low, high = find_interval(found.resamples[:, place], found.confidence)
    values = found.values[place]
    return {
        name + suffix: numbers[number]
        for number, name in enumerate(MEASURES)
        for suffix, numbers in (("", values), ("_low", low), ("_high", high))
    }


def _list_gaps(judged: list[Slice], found: Measured) -> pd.DataFrame:
    lines = []
    for feature in dict.fromkeys(part.feature for part in judged):
        places = [place for place, part in enumerate(judged) if part.feature == feature]
        if len(places) < 2:
            continue
        names = [judged[place].value for place in places]
        for number, measure in enumerate(MEASURES):
            values, draws = found.values[places, number], found.resamples[:, places, number]
            gap = _find_gap(measure, values, draws, found.confidence)
            # the worst has the lowest ROC AUC, but the largest calibration gap
            ranks = -values if measure == "roc_auc" else np.abs(values)
            best, worst = names[ranks.argmin()], names[ranks.argmax()]
            lines.append(dict(zip(GAP_COLUMNS, (feature, measure, *gap, worst, best), strict=True)))
    texts = [column for column in GAP_COLUMNS if column in TEXTS]
    return pd.DataFrame(lines, columns=list(GAP_COLUMNS)).astype(
        dict.fromkeys(("gap", "low", "high"), "float64") | dict.fromkeys(texts, "str")
    )


def _find_gap(
    measure: str, values: Floats, draws: Floats, confidence: float
) -> tuple[float, float, float]:
    if measure == "roc_auc":
        return float(np.ptp(values)), *bound_spread(values, draws, confidence)
    return float(np.abs(values).max()), *bound_largest(values, draws, confidence)
