"""What a candidate has to prove before it scores customers."""

from typing import Annotated

from pydantic import Field

from kedro_asof.params import Block

Bound = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class GateParams(Block):
    """Bounds for every candidate, and what it has to win over the champion.

    Attributes:
        required_gain: By how much it must earn more than the champion, currency per date.
        max_calibration_error: Largest expected calibration error.
        max_slice_roc_auc_gap: Largest gap of ROC AUC between the values of a slice.
        max_slice_calibration_gap: Largest gap between values of a slice, of mean probability less
            churn rate.
    """

    required_gain: float = Field(ge=0, allow_inf_nan=False)
    max_calibration_error: Bound
    max_slice_roc_auc_gap: Bound
    max_slice_calibration_gap: Bound
