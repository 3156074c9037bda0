"""The proof that a candidate model needs before it scores customers."""

from typing import Annotated

from pydantic import Field

from kedro_asof.params import Block

Bound = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class GateParams(Block):
    """Bounds for every candidate, and the gain that it must prove over the champion."""

    required_gain: float = Field(ge=0, allow_inf_nan=False)
    """Gain over the champion that the interval must exceed, in currency per date; 0 or more."""
    max_calibration_error: Bound
    """Largest expected calibration error, as a probability; above 0."""
    max_slice_roc_auc_gap: Bound
    """Largest gap in ROC AUC between the values of a slice; above 0."""
    max_slice_calibration_gap: Bound
    """Largest gap between the values of a slice in mean probability minus churn rate; above 0."""
