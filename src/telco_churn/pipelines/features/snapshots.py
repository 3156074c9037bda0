"""Choose the dates, and the customers to describe on each date.

In: the days that the operator's data covers, `as_of` and the snapshot parameters. Out: dates, then
one row per eligible customer and date.
"""

from datetime import date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from kedro_asof.errors import SourcesNotReadyError
from kedro_asof.params import AsOf
from kedro_asof.readiness import ReadinessParams, SourceParams, check_readiness
from kedro_asof.windows.aggregate import has_event
from kedro_asof.windows.point_in_time import is_known, join_known
from telco_churn.errors import AsOfOutsideDataError, TooFewSnapshotsError
from telco_churn.learning.temporal_split import assign_splits
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.snapshots import SnapshotParams
from telco_churn.parameters.training import TrainingParams

KEY = ("customer_id", "as_of")
DAYS_AHEAD = 1  # a date further ahead of the clock is a mistake, not a late delivery


def list_scoring_dates(
    coverage: ir.Table,
    as_of: AsOf,
    readiness: ReadinessParams,
    clock: datetime,
    **sources: ir.Table,
) -> list[date]:
    """Return `as_of` as the only date, if all sources reach it.

    Args:
        coverage: First and last day of usage.
        as_of: The morning to score.
        readiness: The days that each source may lag.
        clock: The current time.
        **sources: The tables of `readiness`, by name.

    Raises:
        AsOfOutsideDataError: When usage starts later than the day before `as_of`, or `as_of` is
            days ahead of the clock.
        SourcesNotReadyError: When a source does not yet reach the day before `as_of`.
        UnknownSourceColumnError: When a table does not have its date column.
    """
    _check_covered(coverage, as_of, clock, readiness.sources.get("usage"))
    check_readiness(readiness, sources, as_of)
    return [as_of.day]


def list_training_dates(
    coverage: ir.Table,
    as_of: AsOf,
    snapshots: SnapshotParams,
    label: LabelParams,
    training: TrainingParams,
    clock: datetime,
) -> list[date]:
    """List the dates to train on: matured by `as_of`, with enough history, latest last.

    Args:
        coverage: First and last day of usage.
        as_of: The morning of the training; a label window must end before it.
        snapshots: The grid, and the history that its first date needs.
        label: `horizon_days`, the length of a label window.
        training: `split`, the number of snapshots that calibrate and test.
        clock: The current time.

    Raises:
        AsOfOutsideDataError: When usage starts later than the day before `as_of`, or `as_of` is
            days ahead of the clock.
        SourcesNotReadyError: When usage does not yet reach that day.
        TooFewSnapshotsError: When gap, calibration and test leave no date to train on.
    """
    _check_covered(coverage, as_of, clock)
    first, _ = _covered_days(coverage)
    earliest = max(
        first + timedelta(days=snapshots.minimum_history_days), snapshots.first or date.min
    )
    latest = min(as_of.day - timedelta(days=label.horizon_days), snapshots.last or date.max)
    steps = range(0, max((latest - earliest).days, -1) + 1, snapshots.step_days)
    dates = [latest - timedelta(days=days) for days in reversed(steps)]
    try:
        assign_splits(dates, training.split, label)
    except TooFewSnapshotsError as error:
        raise TooFewSnapshotsError(
            f"as_of={as_of} leaves {len(dates)} matured snapshots. Usage starts on {first}. A "
            f"snapshot needs {snapshots.minimum_history_days} days of usage and "
            f"{label.horizon_days} days to mature. Within snapshots.from and snapshots.to, this "
            f"leaves {earliest} to {latest}. {error}"
        ) from error
    return dates


def snapshot_customers(
    dates: list[date],
    customers: ir.Table,
    cancellations: ir.Table,
    eligibility: EligibilityParams,
    label: LabelParams,
    features: FeatureParams,
    *events: ir.Table,
) -> ir.Table:
    """Pair each date with the customers who are eligible on its morning.

    Args:
        dates: Values of `as_of`.
        customers: One row per customer.
        cancellations: At most one row per customer. A late row counts from its arrival. A row from
            before the customer signed up again does not count.
        eligibility: The conditions for a customer.
        label: `event_tables`, whose events show activity.
        features: The date column of each event table.
        *events: The tables of `label.event_tables`, in this order, if customers must be active.

    Returns:
        `customer_id`, `as_of`.
    """
    mornings = ibis.memtable({"as_of": dates}, schema={"as_of": "date"})
    pairs = customers.cross_join(mornings)
    tenure = pairs.as_of.delta(pairs.signed_up_on, unit="day")
    wanted = is_known(pairs, "signed_up_on", pairs.as_of) & (
        tenure >= eligibility.minimum_tenure_days
    )
    if eligibility.segments:
        wanted &= pairs.segment.isin(eligibility.segments)
    present = pairs.filter(wanted).select(*KEY)
    final = select_final(cancellations, customers)
    gone = join_known(present, final, "cancelled_on").select(*KEY)
    eligible = present.anti_join(gone, list(KEY))
    if eligibility.active_within_days is None:
        return eligible
    date_columns = [features.windows[table].date for table in label.event_tables]
    active = has_event(eligible, dates, eligibility.active_within_days, date_columns, events)
    return active.filter(active.is_active).select(*KEY)


def select_final(cancellations: ir.Table, customers: ir.Table) -> ir.Table:
    """Leave out the cancellations of customers who signed up again afterwards."""
    signed_up = customers.select("customer_id", "signed_up_on")
    joined = cancellations.join(signed_up, "customer_id")
    final = joined.filter(joined.cancelled_on >= joined.signed_up_on)
    return final.select(*cancellations.columns)


def _check_covered(
    coverage: ir.Table, as_of: AsOf, clock: datetime, usage: SourceParams | None = None
) -> None:
    first, last = _covered_days(coverage)
    ready_until = last + timedelta(days=1 + (usage.lag_days if usage else 0))
    if first < as_of.day <= ready_until:
        return
    reach = (
        f"as_of={as_of} is outside the data: usage runs from {first} to {last}, expected as_of "
        f"from {first + timedelta(days=1)} to {ready_until}."
    )
    if as_of.day <= first:
        raise AsOfOutsideDataError(f"{reach} Choose such a date with --params as_of=YYYY-MM-DD.")
    ahead = (as_of.day - clock.date()).days
    if ahead > DAYS_AHEAD:
        raise AsOfOutsideDataError(
            f"{reach} It is {ahead} days in the future. Choose another date with --params "
            "as_of=YYYY-MM-DD."
        )
    raise SourcesNotReadyError(
        f"{reach} Deliver the missing days and run ingestion, or choose another date with "
        "--params as_of=YYYY-MM-DD."
    )


def _covered_days(coverage: ir.Table) -> tuple[date, date]:
    (row,) = coverage.to_pyarrow().to_pylist()
    return row["first_day"], row["last_day"]
