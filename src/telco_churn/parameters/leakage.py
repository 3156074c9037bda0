"""Limits of the leak alarm, and what it does with a feature that gives the label away."""

from typing import Literal

from pydantic import Field

from kedro_asof.params import Block


class LeakageParams(Block):
    """Limits of the leak alarm."""

    action: Literal["fail", "warn", "drop"]
    """What happens to a feature that is found: `fail` stops the run, `drop` leaves the feature out,
    `warn` only logs a warning."""
    accepted: tuple[str, ...] = ()
    """Features that were found, checked, and are known before `as_of`."""
    sample_rows: int = Field(ge=1000)
    """Largest number of rows that the alarm counts, each class in its share; 1000 or more."""
    max_single_roc_auc: float = Field(gt=0.5, le=1)
    """Largest ROC AUC of one feature alone, with churn rates from one half of the rows evaluated on
    the other; above 0.5, at most 1."""
    max_missing_roc_auc: float = Field(gt=0.5, le=1)
    """Largest ROC AUC of whether a feature is missing; above 0.5, at most 1."""
    certain_from: float = Field(gt=0.5, lt=1)
    """Churn rate from which a value or range gives churn away; above 0.5, below 1."""
    certain_share: float = Field(gt=0, le=1)
    """Smallest share of all churners that such a value must cover; above 0, at most 1."""
    certain_churners: int = Field(ge=5)
    """Smallest number of churners that such a value must cover; 5 or more."""
    duplicate_tolerance: float = Field(ge=0, lt=0.5)
    """Share of rows in which a copy of the label may differ from it; at least 0, below 0.5."""
    max_shared_rows: float = Field(ge=0, le=1)
    """Largest share of test rows with the features of a training or calibration row, 0 to 1."""
