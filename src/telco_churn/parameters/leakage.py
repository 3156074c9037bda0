"""When a feature knows too much, and what happens then."""

from typing import Literal

from pydantic import Field

from kedro_asof.params import Block


class LeakageParams(Block):
    """Limits of the leak alarm.

    Attributes:
        action: What happens to a feature that is found: `fail` stops the run, `warn` only logs,
            `drop` leaves it out.
        accepted: Features that were found, checked, and are known before `as_of`.
        sample_rows: Rows that are counted at most, each class in its share.
        max_single_roc_auc: Largest ROC AUC of the churn rates by value of one feature, on rows
            they were not made of.
        max_missing_roc_auc: Largest ROC AUC of whether a feature is missing.
        certain_from: Churn rate from which a value, a range or being missing gives churn away.
        certain_share: Share of all churners that it must give away at least.
        certain_churners: Number of churners that it must give away at least.
        duplicate_tolerance: Share of rows in which a copy of the label may differ from it.
        max_shared_rows: Share of test rows whose features also stand among the rows to learn from.
    """

    action: Literal["fail", "warn", "drop"]
    accepted: tuple[str, ...] = ()
    sample_rows: int = Field(ge=1000)
    max_single_roc_auc: float = Field(gt=0.5, le=1)
    max_missing_roc_auc: float = Field(gt=0.5, le=1)
    certain_from: float = Field(gt=0.5, lt=1)
    certain_share: float = Field(gt=0, le=1)
    certain_churners: int = Field(ge=5)
    duplicate_tolerance: float = Field(ge=0, lt=0.5)
    max_shared_rows: float = Field(ge=0, le=1)
