"""Which date teaches, which calibrates, which judges: by time, with the label's window between.

In: dates and `training.split`. Out: a purpose for each date.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from kedro_asof.errors import InputError
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.training import SplitParams


class TooFewSnapshotsError(InputError):
    """The dates are too few, or too close to each other, to learn from and to judge by."""


def assign_splits(dates: Sequence[date], split: SplitParams, label: LabelParams) -> dict[date, str]:
    """Give each date a purpose: the latest test, those before calibrate, the rest train.

    What a model learns from must be known before the first date that judges it, so dates whose
    label window reaches beyond that date are a `gap` that nobody uses.

    Args:
        dates: Values of `as_of`.
        split: How many dates test, how many calibrate.
        label: `horizon_days`, the length of the gap.

    Raises:
        TooFewSnapshotsError: When no date is left to train on.
    """
    horizon = timedelta(days=label.horizon_days)
    left = sorted(set(dates))
    splits = dict.fromkeys(left, "gap")
    for purpose, wanted in [
        ("test", split.test_snapshots),
        ("calibration", split.calibration_snapshots),
    ]:
        chosen = left[-wanted:]
        splits |= dict.fromkeys(chosen, purpose)
        left = [day for day in left if chosen and day + horizon <= chosen[0]]
    if not left:
        raise TooFewSnapshotsError(
            f"{len(splits)} snapshots are too few: training.split asks for {split.test_snapshots} "
            f"to test, {split.calibration_snapshots} to calibrate and one to train on, with "
            f"label.horizon_days = {label.horizon_days} between them. Choose a later as_of, an "
            "earlier snapshots.from, or lower snapshots.minimum_history_days in "
            "conf/base/parameters/snapshots.yml."
        )
    return splits | dict.fromkeys(left, "train")
