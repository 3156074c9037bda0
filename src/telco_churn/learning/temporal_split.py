"""The temporal split: dates for training, calibration and test, with a gap between them.

In: dates and `training.split`. Out: a split for each date.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from telco_churn.errors import TooFewSnapshotsError
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.training import SplitParams


def assign_splits(dates: Sequence[date], split: SplitParams, label: LabelParams) -> dict[date, str]:
    """Assign the latest dates to `test`, the dates before to `calibration`, the rest to `train`.

    The labels of one split must be known before the first date of the next split. Dates whose label
    window ends after that date become a `gap`, which is not used.

    Args:
        dates: Values of `as_of`.
        split: Number of test dates and of calibration dates.
        label: `horizon_days`, the length of the label window.

    Returns:
        `train`, `calibration`, `test` or `gap` by date.

    Raises:
        TooFewSnapshotsError: If no date is left to train on.
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
            f"Cannot split {len(splits)} snapshots: training.split needs {split.test_snapshots} "
            f"for test, {split.calibration_snapshots} for calibration and one to train on, with "
            f"label.horizon_days = {label.horizon_days} between them. Choose a later as_of, an "
            "earlier snapshots.from, or a lower snapshots.minimum_history_days in "
            "conf/base/parameters/snapshots.yml."
        )
    return splits | dict.fromkeys(left, "train")
