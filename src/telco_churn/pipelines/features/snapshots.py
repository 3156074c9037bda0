"""Which customers are looked at on which dates.

In: what the operator's data covers, `as_of` and the snapshot parameters. Out: dates, then one row
per customer who is one on the morning of a date.
"""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from telco_churn.errors import InputError
from telco_churn.parameters import AsOf, LabelParams, SnapshotParams, TrainingParams


class AsOfOutsideDataError(InputError):
    """`as_of` asks for a day that the operator's data does not reach."""


class TooFewSnapshotsError(InputError):
    """The data is too short to learn from at this `as_of`."""


def list_scoring_dates(coverage: ir.Table, as_of: AsOf) -> list[date]:
    """Return `as_of` alone.

    Args:
        coverage: First and last day of usage.
        as_of: The morning to score.

    Raises:
        AsOfOutsideDataError: When usage starts later or ends before the day before `as_of`.
    """
    first, last = _covered_days(coverage)
    if not first < as_of.day <= last + timedelta(days=1):
        raise AsOfOutsideDataError(
            f"as_of={as_of} is outside the data: usage runs from {first} to {last}, so as_of may "
            f"be {first + timedelta(days=1)} to {last + timedelta(days=1)}. Choose another date "
            "(--params as_of=YYYY-MM-DD), or deliver the missing days and run ingestion."
        )
    return [as_of.day]


def list_training_dates(
    coverage: ir.Table,
    as_of: AsOf,
    snapshots: SnapshotParams,
    label: LabelParams,
    training: TrainingParams,
) -> list[date]:
    """List the dates to learn from: matured before `as_of`, with enough history, latest last.

    Args:
        coverage: First and last day of usage.
        as_of: The morning of the training; a label window must be over by then.
        snapshots: How many dates, how far apart, how much history the first one needs.
        label: `horizon_days`, the length of a label window.
        training: `split` says how many snapshots calibrate and test.

    Raises:
        AsOfOutsideDataError: As for scoring.
        TooFewSnapshotsError: When no date is left to train on beside calibration and test.
    """
    list_scoring_dates(coverage, as_of)
    first, _ = _covered_days(coverage)
    if snapshots.every_days < label.horizon_days:
        raise InputError(
            f"snapshots.every_days is {snapshots.every_days}, below label.horizon_days = "
            f"{label.horizon_days}: one cancellation would count for two snapshots. Set it to "
            f"{label.horizon_days} or more in conf/base/parameters/features.yml."
        )
    earliest = first + timedelta(days=snapshots.minimum_history_days)
    latest = as_of.day - timedelta(days=label.horizon_days)
    steps = (timedelta(days=n * snapshots.every_days) for n in range(snapshots.count))
    dates = sorted(latest - step for step in steps if latest - step >= earliest)
    needed = training.split.calibration_snapshots + training.split.test_snapshots + 1
    if len(dates) < needed:
        raise TooFewSnapshotsError(
            f"as_of={as_of} leaves {len(dates)} matured snapshots, at least {needed} are needed "
            "(training.split: calibration, test, and one to train on). Usage starts on "
            f"{first}, a snapshot needs {snapshots.minimum_history_days} days of it and "
            f"{label.horizon_days} days to mature. Choose a later as_of, more snapshots.count, or "
            "lower snapshots.every_days or snapshots.minimum_history_days."
        )
    return dates


def snapshot_customers(dates: list[date], customers: ir.Table, cancellations: ir.Table) -> ir.Table:
    """Pair each date with everyone who is a customer on its morning.

    Args:
        dates: Values of `as_of`.
        customers: One row per customer.
        cancellations: At most one row per customer.

    Returns:
        `customer_id`, `as_of`.
    """
    mornings = ibis.memtable({"as_of": dates}, schema={"as_of": "date"})
    left = cancellations.select("customer_id", "cancelled_on")
    pairs = customers.left_join(left, "customer_id").cross_join(mornings)
    is_customer = (pairs.signed_up_on < pairs.as_of) & (
        pairs.cancelled_on.isnull() | (pairs.cancelled_on >= pairs.as_of)
    )
    return pairs.filter(is_customer).select("customer_id", "as_of")


def _covered_days(coverage: ir.Table) -> tuple[date, date]:
    (row,) = coverage.to_pyarrow().to_pylist()
    return row["first_day"], row["last_day"]
