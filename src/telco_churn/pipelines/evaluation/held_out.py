"""Convert held-out predictions to arrays in a fixed row order.

In: held_out_predictions, champion_predictions. Out: `HeldOut`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from telco_churn.errors import UnusablePredictionsError
from telco_churn.metrics.campaign import Campaign
from telco_churn.metrics.metric_table import WeightedModel
from telco_churn.metrics.ranking import Floats, Integers, Ranking
from telco_churn.parameters.decision import DecisionParams

CANDIDATE = "candidate"
CHAMPION = "champion"
KEY = ["customer_id", "as_of"]
SLICE_PREFIX = "slice_"
RECOVERY = (
    "Both tables need the same customers and dates: run `kedro run --pipelines training` again to "
    "write both."
)


@dataclass(frozen=True)
class HeldOut:
    """Held-out rows, ordered by customer, then date.

    Attributes:
        customer: Integer code of each row's customer, shape `(rows,)`.
        date: Integer code of each row's date, shape `(rows,)`.
        churned: 1 or 0, shape `(rows,)`.
        probability: Churn probabilities by model, the candidate first; shape `(rows,)` each.
        row: Position of each row in the frame, shape `(rows,)`.
    """

    customer: Integers
    date: Integers
    churned: Floats
    probability: dict[str, Floats]
    row: Integers

    @property
    def baselines(self) -> list[str]:
        """Return the names of the models other than the candidate and the champion."""
        return [model for model in self.probability if model not in (CANDIDATE, CHAMPION)]

    @property
    def ones(self) -> Floats:
        """Return weights that count each row once, shape `(rows,)`."""
        return np.ones(len(self.churned))

    def rank(self, model: str = CANDIDATE) -> Ranking:
        """Sort the rows by a model's probabilities."""
        return Ranking.of(self.churned, self.probability[model])

    def plan_campaign(self, decision: DecisionParams, model: str = CANDIDATE) -> Campaign:
        """Sort the rows of each date by their expected value under a model's probabilities."""
        return Campaign.of(self.churned, self.probability[model], self.date, decision)

    def weigh(self, decision: DecisionParams, model: str) -> Callable[[Floats], WeightedModel]:
        """Sort the rows for a model, and return a function of weights, shape `(rows,)`."""
        ranking, campaign = self.rank(model), self.plan_campaign(decision, model)
        return lambda weights: WeightedModel(ranking, weights, campaign)


def read_held_out(
    held_out_predictions: pd.DataFrame, champion_predictions: pd.DataFrame | None = None
) -> HeldOut:
    """Sort the rows by customer and date, so that ties in a ranking are broken by customer.

    Raises:
        UnusablePredictionsError: If all rows churned, or none, or the champion's predictions lack
            some of the rows.
    """
    frame = held_out_predictions
    _check_classes(frame["churned"])
    columns = {CANDIDATE: frame["churn_probability"]}
    columns |= {model: frame[model] for model in _find_baselines(frame)}
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
    """Keep the rows that the champion has predictions for.

    Raises:
        UnusablePredictionsError: If the champion has predictions for other rows.
    """
    shared = held_out_predictions.merge(champion_predictions[KEY], on=KEY, validate="one_to_one")
    others = len(champion_predictions) - len(shared)
    if others:
        raise UnusablePredictionsError(
            f"{others:,} of {len(champion_predictions):,} rows of champion_predictions are not in "
            f"held_out_predictions. {RECOVERY}"
        )
    return shared


def _find_baselines(frame: pd.DataFrame) -> list[str]:
    known = {*KEY, "churned", "churn_probability"}
    return [
        column
        for column in frame.columns
        if column not in known and not column.startswith(SLICE_PREFIX)
    ]


def _check_classes(churned: pd.Series) -> None:
    if churned.nunique() < 2:
        raise UnusablePredictionsError(
            f"{churned.sum():,} of {len(churned):,} held-out rows churned: evaluation needs both "
            "classes. Choose a later as_of, more test_snapshots in "
            "conf/base/parameters/training.yml, or a longer label.horizon_days."
        )


def _align(frame: pd.DataFrame, champion_predictions: pd.DataFrame) -> pd.Series:
    joined = frame[KEY].merge(champion_predictions, on=KEY, how="left", validate="one_to_one")
    lacking = int(joined[CHAMPION].isna().sum())
    if lacking:
        raise UnusablePredictionsError(
            f"{lacking:,} of {len(frame):,} held-out rows are missing from champion_predictions. "
            f"{RECOVERY}"
        )
    return joined[CHAMPION]
