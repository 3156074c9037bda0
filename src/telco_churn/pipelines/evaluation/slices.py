"""Measure the candidate on each slice, to find customers for whom it is worse.

In: held_out_predictions, parameters. Out: slice_metrics, slice_gaps.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from telco_churn.metrics.metric_table import roc_auc
from telco_churn.metrics.ranking import Floats, Ranking, WeightedRanking
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.held_out import (
    CANDIDATE,
    SLICE_PREFIX,
    HeldOut,
    read_held_out,
)
from telco_churn.pipelines.evaluation.resampling import (
    bound_largest,
    bound_spread,
    find_interval,
    resample,
)

NOT_KNOWN = "not known"
BANDS = 4  # of a numeric feature, cut at its quartiles
MOST_DECIMALS = 12
# With fewer rows of a class, the bootstrap's intervals are too narrow.
MINIMUM_OF_EACH_CLASS = 10
MEASURES = ("roc_auc", "calibration_gap")
TEXTS = ("slice", "value", "measure", "worst_value", "best_value")
SLICE_COLUMNS = (
    *("slice", "value", "customers", "churned", "churn_rate", "mean_probability"),
    *(name + suffix for name in MEASURES for suffix in ("", "_low", "_high")),
    "judged",
)
GAP_COLUMNS = ("slice", "measure", "gap", "low", "high", "worst_value", "best_value")


@dataclass(frozen=True)
class Slice:
    """The rows with one value of a feature, ranked among themselves.

    Attributes:
        feature: Name of the feature.
        value: The value as text, or the band of a numeric feature.
        ranking: Ranking of these rows; its `rows` are positions among all held-out rows.
        judged: Whether the slice has enough rows, and enough of each class, to be evaluated.
    """

    feature: str
    value: str
    ranking: Ranking
    judged: bool

    def measure(self, weights: Floats) -> Floats:
        """Return ROC AUC and calibration gap under weights of all held-out rows, shape `(2,)`.

        Both are NaN if all rows of the slice churned, or none.
        """
        weighted = WeightedRanking(self.ranking, weights)
        if not weighted.has_both_classes:
            return np.full(len(MEASURES), np.nan)
        expected = weighted.weights @ self.ranking.probability
        return np.array([roc_auc(weighted), (expected - weighted.churned) / weighted.size])


def measure_slices(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure the candidate on each slice, and the gaps between slices.

    A slice with too few rows, or fewer than ten of a class, is listed but not evaluated: its
    measures are NaN.

    The gap of `roc_auc` is the best slice's value minus the worst's; the gap of `calibration_gap`
    is the largest absolute value. Chance alone makes gaps larger than 0, even for a model that is
    equally good on all slices. `low` allows for chance (see `bound_largest`); the gate uses it.

    Args:
        held_out_predictions: Has a column `slice_<feature>` for each of `evaluation.slices`.
        evaluation: The slices, the minimum of rows, the bootstrap draws.

    Returns:
        The slices: `slice`, `value`, `customers` (once per date), `churned`, `churn_rate`,
        `mean_probability`, `roc_auc` and `calibration_gap` (mean probability minus churn rate)
        with percentile intervals, `judged`. The gaps: `slice`, `measure`, `gap`, `low`, `high`,
        `worst_value`, `best_value`, for features with at least two evaluated slices.

    Raises:
        UnusablePredictionsError: If all rows churned, or none.
    """
    held_out = read_held_out(held_out_predictions)
    slices = _cut_slices(held_out_predictions, held_out, evaluation)
    judged = [part for part in slices if part.judged]

    def statistic(weights: Floats) -> Floats:
        return np.array([part.measure(weights) for part in judged])

    values = statistic(held_out.ones)
    draws = resample(held_out.customer, evaluation, statistic)
    measures = {
        (part.feature, part.value): _name_measures(values[place], draws[:, place], evaluation)
        for place, part in enumerate(judged)
    }
    gaps = _list_gaps(judged, values, draws, evaluation.confidence)
    return _list_slices(slices, measures), gaps


def name_slices(values: pd.Series) -> pd.Series:
    """Return the slice of each row as an ordered categorical, with "not known" last.

    Numbers with more than four distinct values are cut at their quartiles: "0 to 180" means above
    0 and up to 180, and only the lowest band includes its lower end. Other values stay as is.
    """
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if is_number and values.nunique() > BANDS:
        named, names = _cut_bands(values)
    else:
        named, names = _write_values(values, is_number=is_number)
    lacking = [NOT_KNOWN] if named.isna().any() and NOT_KNOWN not in names else []
    return pd.Series(
        pd.Categorical(named.fillna(NOT_KNOWN), [*names, *lacking], ordered=True),
        index=values.index,
    )


def _cut_slices(
    frame: pd.DataFrame, held_out: HeldOut, evaluation: EvaluationParams
) -> list[Slice]:
    """Return the slices of each feature that `frame` has, in the order of the parameters."""
    features = [feature for feature in evaluation.slices if SLICE_PREFIX + feature in frame.columns]
    return [
        part
        for feature in features
        for part in _cut_feature(frame[SLICE_PREFIX + feature], feature, held_out, evaluation)
    ]


def _cut_feature(
    values: pd.Series, feature: str, held_out: HeldOut, evaluation: EvaluationParams
) -> Iterator[Slice]:
    names = name_slices(values.iloc[held_out.row])
    codes, probability = names.cat.codes.to_numpy(), held_out.probability[CANDIDATE]
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        churned = held_out.churned[rows]
        rarest = min(churned.sum(), (1 - churned).sum())
        judged = len(rows) >= evaluation.minimum_slice_rows and rarest >= MINIMUM_OF_EACH_CLASS
        ranking = Ranking.of(churned, probability[rows])
        ranking = replace(ranking, rows=rows[ranking.rows])
        yield Slice(feature, str(names.cat.categories[code]), ranking, bool(judged))


def _cut_bands(values: pd.Series) -> tuple[pd.Series, list[str]]:
    numbers = values.astype("float64")
    edges = np.unique(numbers.quantile(np.linspace(0, 1, BANDS + 1)).to_numpy())
    names = [f"{low} to {high}" for low, high in pairwise(_write_edges(edges))]
    cut = pd.cut(numbers, edges.tolist(), labels=names, include_lowest=True)
    return cut.astype("str").where(cut.notna()), names


def _write_edges(edges: np.ndarray) -> list[str]:
    """Round to the fewest decimals that keep the edges distinct."""
    for decimals in range(MOST_DECIMALS):
        texts = [f"{edge:,.{decimals}f}" for edge in edges]
        if len(set(texts)) == len(texts):
            return texts
    return [repr(float(edge)) for edge in edges]


def _write_values(values: pd.Series, *, is_number: bool) -> tuple[pd.Series, list[str]]:
    found = sorted(values.dropna().unique())
    texts = {value: f"{value:g}" if is_number else str(value) for value in found}
    return values.astype("object").map(texts).astype("str"), list(dict.fromkeys(texts.values()))


def _name_measures(values: Floats, draws: Floats, evaluation: EvaluationParams) -> dict[str, float]:
    """Return a slice's measures and their intervals by column name."""
    low, high = find_interval(draws, evaluation.confidence)
    return {
        name + suffix: numbers[place]
        for place, name in enumerate(MEASURES)
        for suffix, numbers in (("", values), ("_low", low), ("_high", high))
    }


def _list_slices(
    slices: list[Slice], measures: dict[tuple[str, str], dict[str, float]]
) -> pd.DataFrame:
    lines = [_describe(part) | measures.get((part.feature, part.value), {}) for part in slices]
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


def _list_gaps(
    judged: list[Slice], values: Floats, draws: Floats, confidence: float
) -> pd.DataFrame:
    lines = []
    for feature in dict.fromkeys(part.feature for part in judged):
        places = [place for place, part in enumerate(judged) if part.feature == feature]
        if len(places) < 2:
            continue
        names = [judged[place].value for place in places]
        for number, measure in enumerate(MEASURES):
            found = values[places, number]
            gap = _find_gap(measure, found, draws[:, places, number], confidence)
            # The worst slice has the lowest ROC AUC, but the largest calibration gap.
            ranks = -found if measure == "roc_auc" else np.abs(found)
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
