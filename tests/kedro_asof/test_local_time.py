"""A delivered time becomes the day it was in the operator's zone, and no day moves."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kedro_asof.engines import find_engine
from kedro_asof.local_time import cast_to_calendar
from kedro_asof.params import Timezone
from tests.kedro_asof.fixtures import Put

BERLIN = "Europe/Berlin"
# In some zones the clock changes at midnight or by half an hour; in one, a day was left out.
ZONES = (
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "UTC",
)
moments = st.datetimes(datetime(1990, 1, 1), datetime(2035, 1, 1))
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DAY_KIND, TIME_KIND = ibis.dtype("date"), ibis.dtype("timestamp")


@settings(max_examples=20)
@given(
    zone=st.sampled_from(ZONES),
    delivered=st.lists(st.tuples(moments, offsets), min_size=1, max_size=20),
)
@example(
    zone=BERLIN, delivered=[(datetime(2026, 3, 29, 1), UTC), (datetime(2026, 10, 25, 0, 30), UTC)]
)
@example(
    zone="Pacific/Apia",
    delivered=[(datetime(2011, 12, 30, 10), UTC), (datetime(2011, 12, 31), UTC)],
)
def test_an_instant_is_the_day_it_was_in_the_zone_in_any_form(
    zone: str, delivered: list[tuple[datetime, timezone]], put: Put
) -> None:
    instants = [moment.replace(tzinfo=offset) for moment, offset in delivered]
    expected = [instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for instant in instants]
    forms = {
        "typed": pa.array(
            [instant.astimezone(UTC) for instant in instants], pa.timestamp("us", tz="UTC")
        ),
        "iso": pa.array([instant.isoformat() for instant in instants]),
        "short": pa.array([f"{instant:%Y-%m-%d %H:%M:%S.%f%z}" for instant in instants]),
    }
    table = put(pa.table(forms | {"n": range(len(instants))}))
    found = table.select(
        "n",
        **{f"{form}_day": cast_to_calendar(table[form], DAY_KIND, zone) for form in forms},
        **{f"{form}_time": cast_to_calendar(table[form], TIME_KIND, zone) for form in forms},
    )
    rows = found.order_by("n").to_pyarrow()
    for form in forms:
        assert rows[f"{form}_day"].to_pylist() == [local.date() for local in expected]
        assert rows[f"{form}_time"].to_pylist() == expected


@settings(max_examples=20)
@given(
    zone=st.sampled_from(ZONES),
    days=st.lists(st.dates(date(1990, 1, 1), date(2035, 1, 1)), min_size=1, max_size=20),
)
@example(zone="America/Santiago", days=[date(2026, 9, 6)])  # the day begins at 01:00
def test_the_first_moment_of_a_local_day_is_that_day(zone: str, days: list[date], put: Put) -> None:
    starts = [_first_moment(day, zone) for day in days]
    table = put(pa.table({"at": pa.array(starts, pa.timestamp("us", tz=zone)), "day": days}))
    exists = [
        start.astimezone(ZoneInfo(zone)).date() == day
        for start, day in zip(starts, days, strict=True)
    ]
    found = table.select(same=cast_to_calendar(table.at, DAY_KIND, zone) == table.day)
    assert found.to_pyarrow()["same"].to_pylist() == exists


def _first_moment(day: date, zone: str) -> datetime:
    """Return midnight, or the end of the gap if midnight is left out; in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@settings(max_examples=20)
@given(zone=st.sampled_from(ZONES), moment=moments)
def test_a_value_without_a_zone_is_taken_as_it_is(zone: str, moment: datetime, put: Put) -> None:
    forms = {
        "typed": pa.array([moment], pa.timestamp("us")),
        "text": [moment.isoformat(sep=" ")],
        "day": [moment.date()],
        "day_text": [moment.date().isoformat()],
    }
    table = put(pa.table(forms))
    (row,) = (
        table.select(
            **{form: cast_to_calendar(table[form], DAY_KIND, zone) for form in forms},
            time=cast_to_calendar(table.text, TIME_KIND, zone),
        )
        .to_pyarrow()
        .to_pylist()
    )
    assert row == dict.fromkeys(forms, moment.date()) | {"time": moment}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-09-26T22:00:00Z", date(2026, 9, 27)),
        ("2026-09-26 22:00 UTC", date(2026, 9, 27)),
        ("2026-09-27T00:00+02:00", date(2026, 9, 27)),
        ("2026-09-27 00:00:00.5 +0200", date(2026, 9, 27)),
        ("2026-09-27T00:00:00+02", date(2026, 9, 27)),
        (" 2026/9/7 ", date(2026, 9, 7)),
        ("2026-09-27 00:00:00 Europe/Berlin", None),
        ("2026-09-27 and more", None),
        ("2026-02-30", None),
        ("27.09.2026", None),
        ("20260927", None),
        ("2026", None),
        ("", None),
        (None, None),
    ],
)
def test_only_text_of_iso_8601_is_a_day(text: str | None, day: date | None, put: Put) -> None:
    table = put(pa.table({"text": pa.array([text], pa.string())}))
    found = table.select(day=cast_to_calendar(table.text, DAY_KIND, BERLIN))
    assert found.to_pyarrow()["day"].to_pylist() == [day]


def test_bigquery_has_its_own_functions() -> None:
    times = ibis.table({"instant": "timestamp('UTC')", "local": "timestamp"}, name="times")
    engine = find_engine("bigquery")
    converted = times.select(
        local=engine.to_local(times.instant, BERLIN), instant=engine.from_local(times.local, BERLIN)
    )
    sql = str(ibis.to_sql(converted, dialect="bigquery"))
    assert "DATETIME(`t0`.`instant`, 'Europe/Berlin')" in sql
    assert "TIMESTAMP(`t0`.`local`, 'Europe/Berlin')" in sql


@pytest.mark.parametrize("name", ["Berlin", "Europe/", "../etc", ""])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected an IANA time zone, such as Europe/London"):
        Timezone(name)
