"""Rows of one kind, ranked among themselves.

In: held_out_predictions, parameters. Out: `Slice`s.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.binning import name_slices
from telco_churn.pipelines.evaluation.held_out import (
    CANDIDATE,
    SLICE_PREFIX,
    Floats,
    HeldOut,
)
from telco_churn.pipelines.evaluation.metrics import roc_auc
from telco_churn.pipelines.evaluation.ranking import Ranking, Tally

# Of fewer who churned, or stayed, the bootstrap makes too narrow an interval.
MINIMUM_OF_EACH_CLASS = 10
MEASURES = ("roc_auc", "calibration_gap")


@dataclass(frozen=True)
class Slice:
    """Rows with one value of a feature, ranked among themselves.

    Attributes:
        feature: Its name.
        value: What the rows have in common, in words.
        ranking: Of these rows alone; its `rows` are places among all held-out rows.
        judged: Whether there are enough rows, and enough of each class.
    """

    feature: str
    value: str
    ranking: Ranking
    judged: bool

    def measure(self, weights: Floats) -> Floats:
        """ROC AUC and calibration gap under weights of all held-out rows, shape `(2,)`.

        NaN where all of the slice churned, or none.
        """
        tally = Tally.of(self.ranking, weights)
        if not tally.has_both_classes:
            return np.full(len(MEASURES), np.nan)
        gap = (tally.weights @ self.ranking.probability - tally.churned) / tally.size
        return np.array([roc_auc(tally), gap])


def cut_slices(frame: pd.DataFrame, held_out: HeldOut, evaluation: EvaluationParams) -> list[Slice]:
    """Cut the rows by each of the features that `frame` has, in the order of the parameters."""
    features = [feature for feature in evaluation.slices if SLICE_PREFIX + feature in frame.columns]
    return [part for feature in features for part in _cut(frame, held_out, feature, evaluation)]


def _cut(
    frame: pd.DataFrame, held_out: HeldOut, feature: str, evaluation: EvaluationParams
) -> Iterator[Slice]:
    names = name_slices(frame[SLICE_PREFIX + feature].iloc[held_out.row])
    codes, probability = names.cat.codes.to_numpy(), held_out.probability[CANDIDATE]
    for code in np.unique(codes):
        rows = np.flatnonzero(codes == code)
        churned = held_out.churned[rows]
        rarest = min(churned.sum(), (1 - churned).sum())
        judged = len(rows) >= evaluation.minimum_slice_rows and rarest >= MINIMUM_OF_EACH_CLASS
        value = str(names.cat.categories[code])
        ranking = Ranking.of(churned, probability[rows])
        ranking = replace(ranking, rows=rows[ranking.rows])
        yield Slice(feature, value, ranking, bool(judged))
