"""Held-out predictions as arrays: one order of rows, customers and dates as numbers.

In: held_out_predictions, champion_predictions. Out: `HeldOut`.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.errors import InputError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

CANDIDATE = "candidate"
CHAMPION = "champion"
KEY = ["customer_id", "as_of"]
SLICE_PREFIX = "slice_"


class UnfitPredictionsError(InputError):
    """The held-out predictions cannot judge a model."""


@dataclass(frozen=True)
class HeldOut:
    """Rows that no model learnt from, ordered by customer, then date.

    Attributes:
        customer: Number of each row's customer, shape `(rows,)`.
        date: Number of each row's date, shape `(rows,)`.
        churned: 1 or 0, shape `(rows,)`.
        probability: By model, the candidate first; each of shape `(rows,)`.
        row: Where each row lies in the frame that was given, shape `(rows,)`.
    """

    customer: Integers
    date: Integers
    churned: Floats
    probability: dict[str, Floats]
    row: Integers

    @property
    def baselines(self) -> list[str]:
        """The models that the candidate has to beat, without the champion."""
        return [model for model in self.probability if model not in (CANDIDATE, CHAMPION)]


def read_held_out(
    held_out_predictions: pd.DataFrame, champion_predictions: pd.DataFrame | None = None
) -> HeldOut:
    """Bring the rows into one order, which breaks ties by customer wherever rows are ranked.

    Raises:
        UnfitPredictionsError: When all rows churned, or none, or the champion was not asked about
            the same rows.
    """
    frame = held_out_predictions
    _check_classes(frame["churned"])
    columns = {CANDIDATE: frame["churn_probability"]}
    columns |= {model: frame[model] for model in _find_rivals(frame)}
    if champion_predictions is not None and len(champion_predictions):
        columns[CHAMPION] = _align(frame, champion_predictions)
    customer, _ = pd.factorize(frame["customer_id"], sort=True)
    date, _ = pd.factorize(frame["as_of"], sort=True)
    row = np.lexsort((date, customer))
    return HeldOut(
        customer[row],
        date[row],
        frame["churned"].to_numpy(np.float64)[row],
        {model: column.to_numpy(np.float64)[row] for model, column in columns.items()},
        row,
    )


def keep_shared_rows(
    held_out_predictions: pd.DataFrame, champion_predictions: pd.DataFrame
) -> pd.DataFrame:
    """Keep the rows that the champion was asked about.

    Raises:
        UnfitPredictionsError: When it was asked about others.
    """
    shared = held_out_predictions.merge(champion_predictions[KEY], on=KEY, validate="one_to_one")
    others = len(champion_predictions) - len(shared)
    if others:
        raise UnfitPredictionsError(
            f"champion_predictions has {others:,} of {len(champion_predictions):,} rows that are "
            "not held out; they must be of the same customers and dates. Run `kedro run "
            "--pipelines training` again, which makes both."
        )
    return shared


def _find_rivals(frame: pd.DataFrame) -> list[str]:
    known = {*KEY, "churned", "churn_probability"}
    return [
        column
        for column in frame.columns
        if column not in known and not column.startswith(SLICE_PREFIX)
    ]


def _check_classes(churned: pd.Series) -> None:
    if churned.nunique() < 2:
        raise UnfitPredictionsError(
            f"Of the held-out rows, {churned.sum():,} of {len(churned):,} churned: some that did "
            "and some that did not are needed. Choose a later as_of, more test_snapshots in "
            "conf/base/parameters/training.yml or a longer label.horizon_days."
        )


def _align(frame: pd.DataFrame, champion_predictions: pd.DataFrame) -> pd.Series:
    joined = frame[KEY].merge(champion_predictions, on=KEY, how="left", validate="one_to_one")
    lacking = int(joined[CHAMPION].isna().sum())
    if lacking:
        raise UnfitPredictionsError(
            f"champion_predictions lacks {lacking:,} of {len(frame):,} held-out rows; both must "
            "be of the same customers and dates. Run `kedro run --pipelines training` again, "
            "which makes both."
        )
    return joined[CHAMPION]
