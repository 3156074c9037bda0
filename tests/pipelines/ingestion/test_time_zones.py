"""Ingestion dates each row in the operator's zone, so that no row counts before it happened."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kedro_asof.windows.point_in_time import is_known
from telco_churn.contracts import Cancellations, Usage
from telco_churn.pipelines.ingestion.row_checks import check_rows
from tests.kedro_asof.fixtures import Put

BERLIN = ZoneInfo("Europe/Berlin")
USAGE: dict[str, Any] = {
    "call_minutes": 1.0,
    "data_mb": 2.0,
    "sms_count": 3,
    "dropped_calls": 0,
    "outage_minutes": 0,
}
# A year of hours, with both changes to and from summer time.
instants = st.integers(0, 365 * 24).map(
    lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)
zones = st.sampled_from(
    ["Europe/London", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]
)


def test_usage_dated_by_local_midnights_reaches_the_last_day(put: Put) -> None:
    days = [date(2026, 3, 27) + timedelta(days=n) for n in range(185)]
    at = [datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC) for day in days]
    rows = pa.Table.from_pylist([{"customer_id": "a"} | USAGE] * len(days))
    typed = rows.append_column("day", pa.array(at, pa.timestamp("ns", tz="Europe/Berlin")))
    checked = check_rows(put(typed), Usage, "Europe/Berlin")
    assert checked.order_by("day").to_pyarrow()["day"].to_pylist() == days


@pytest.mark.parametrize(
    ("loaded_at", "local"),
    [
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), datetime(2026, 7, 2, 0, 30)),
        ("2026-07-02T00:30:00+02:00", datetime(2026, 7, 1, 23, 30)),
        ("2026-07-02 00:30:00", datetime(2026, 7, 2, 0, 30)),
        (date(2026, 7, 2), datetime(2026, 7, 2)),
    ],
)
def test_a_load_time_is_the_local_time(loaded_at: Any, local: datetime, put: Put) -> None:
    row = {"customer_id": "a", "cancelled_on": date(2026, 7, 1), "reason": "price"}
    table = pa.Table.from_pylist([row | {"loaded_at": loaded_at}])
    (checked,) = check_rows(put(table), Cancellations, "Europe/London").to_pyarrow().to_pylist()
    assert (checked["loaded_at"], checked["broken_rule"]) == (local, None)


@settings(max_examples=6)
@given(zone=zones, happened=instants, loaded=instants, offset=st.integers(-12, 14))
@example(
    zone="America/New_York",
    happened=datetime(2026, 11, 1, 4, tzinfo=UTC),
    loaded=datetime(2026, 11, 1, 4, tzinfo=UTC),
    offset=2,
)
def test_a_row_is_known_from_the_morning_after_its_local_day(
    zone: str, happened: datetime, loaded: datetime, offset: int, put: Put
) -> None:
    here = ZoneInfo(zone)
    written = loaded.astimezone(timezone(timedelta(hours=offset))).isoformat()
    row = {"customer_id": "a", "day": happened.isoformat(), "loaded_at": written} | USAGE
    checked = check_rows(put(pa.Table.from_pylist([row])), Usage, zone)
    last = max(happened.astimezone(here).date(), loaded.astimezone(here).date())
    mornings = [last - timedelta(days=1), last, last + timedelta(days=1)]
    known = checked.select(*[is_known(checked, "day", day).name(str(day)) for day in mornings])
    assert list(known.to_pyarrow().to_pylist()[0].values()) == [False, False, True]


@pytest.mark.parametrize("day", ["27.09.2026", "2026-09-27 and more", 20260927, 46292.0])
def test_what_is_not_a_date_is_rejected_and_not_guessed(day: Any, put: Put) -> None:
    rows = put(pa.Table.from_pylist([{"customer_id": "a", "day": day} | USAGE]))
    (checked,) = check_rows(rows, Usage, "Europe/London").to_pyarrow().to_pylist()
    assert checked["broken_rule"] == "day_type"
