"""A catalog entry casts and maps values; what it does not describe is marked, and never null."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kedro.io import DatasetError

from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.delivered_values import NOT_UNDERSTOOD, ColumnCast, ValueMap, read_values
from kedro_asof.errors import WrongCallError
from kedro_asof.local_time import cast_to_calendar
from tests.kedro_asof.fixtures import Put

TIMESTAMP = ibis.dtype("timestamp")


@pytest.mark.parametrize(
    ("cast", "delivered", "read"),
    [
        ({"format": "%d.%m.%Y"}, "27.09.2026", "2026-09-27"),
        ({"format": "%d.%m.%Y"}, " 7.9.2026", "2026-09-07"),
        ({"format": "%d.%m.%Y"}, "31.02.2026", None),
        ({"format": "%d.%m.%Y"}, "2026-09-27", None),
        ({"format": "%d.%m.%Y"}, "27.09.2026 noon", None),
        ({"format": "%d/%m/%y"}, "27/09/68", "2068-09-27"),
        ({"format": "%d/%m/%y"}, "27/09/69", "1969-09-27"),
        ({"format": "%Y%m%d"}, "20260927", "2026-09-27"),
        ({"format": "%Y%m%d"}, 20260927, "2026-09-27"),
        ({"format": "%Y%m%d"}, "2026927", None),
        ({"format": "%d-%b-%Y"}, "27-SEP-2026", "2026-09-27"),
        ({"format": "%B %d, %Y"}, "May  1, 2026", "2026-05-01"),
        ({"format": "%d.%m.%Y %H:%M"}, "27.09.2026 9:30", "2026-09-27 09:30:00"),
        ({"format": "%d.%m.%Y %H:%M%z"}, "27.09.2026 09:30+02:00", "2026-09-27 09:30:00+02:00"),
        ({"format": "%d.%m.%Y"}, date(2026, 9, 27), date(2026, 9, 27)),
        ({"format": "%Y%m%d", "missing": ["00000000", ""]}, "00000000", ""),
        ({"format": "%Y%m%d", "missing": ["00000000", ""]}, "", ""),
        ({"decimal": ","}, "12,5", "12.5"),
        ({"decimal": ","}, "-12", "-12"),
        ({"decimal": ","}, "1.234", None),
        ({"decimal": ","}, "1.234,5", None),
        ({"decimal": ",", "thousands": "."}, "1.234,5", "1234.5"),
        ({"decimal": ",", "thousands": "."}, "12.34", None),
        ({"thousands": ","}, "31,813.80", "31813.80"),
        ({"decimal": ",", "thousands": " "}, "1\u00a0234,5", "1234.5"),
        ({"decimal": ","}, "unknown", None),
        ({"decimal": ","}, 12.5, 12.5),
    ],
)
def test_a_cast_reads_what_it_describes_and_marks_the_rest(
    cast: dict[str, Any], delivered: object, read: object, put: Put
) -> None:
    expected = f"{delivered}{NOT_UNDERSTOOD}" if read is None else (read or None)
    assert _read(delivered, put, casts={"value": ColumnCast(**cast)}) == expected


@pytest.mark.parametrize(
    ("pairs", "delivered", "read"),
    [
        ({"RES": "residential", "COM": "business"}, "RES", "residential"),
        ({"RES": "residential"}, "business", f"business{NOT_UNDERSTOOD}"),
        ({1: "residential", 2: "business"}, 2, "business"),
        ({"?": None}, "?", None),
        ({"RES": "residential"}, None, None),
    ],
)
def test_a_map_knows_its_own_values_only(
    pairs: dict[Any, Any], delivered: Any, read: object, put: Put
) -> None:
    typed = pa.array([delivered], pa.string() if delivered is None else None)
    assert _read(typed, put, maps={"value": ValueMap(pairs)}) == read


@settings(max_examples=25)
@given(
    moment=st.datetimes(datetime(1970, 1, 1), datetime(2068, 1, 1)),
    form=st.sampled_from(
        ["%d.%m.%Y", "%m/%d/%Y", "%d-%b-%y", "%Y%m%d", "%B %d %Y", "%Y%m%d%H%M%S", "%d.%m.%y %H:%M"]
    ),
)
def test_every_format_reads_what_strptime_reads(moment: datetime, form: str, put: Put) -> None:
    text = moment.strftime(form)
    read = _read(text, put, casts={"value": ColumnCast(format=form)}, kind="timestamp")
    assert read == datetime.strptime(text, form)


@pytest.mark.parametrize(
    ("delivered", "zone", "local"),
    [
        (datetime(2026, 9, 26, 22), "UTC", datetime(2026, 9, 27)),
        ("2026-09-26 22:00:00", "UTC", datetime(2026, 9, 27)),
        ("2026-09-26T18:00", "America/New_York", datetime(2026, 9, 27)),
        ("2026-09-27T00:00:00+02:00", "UTC", datetime(2026, 9, 27)),
        ("2026-09-26", "UTC", datetime(2026, 9, 26)),
        (date(2026, 9, 26), "UTC", datetime(2026, 9, 26)),
        ("noon", "UTC", None),
    ],
)
def test_times_without_a_zone_can_be_in_another_zone(
    delivered: object, zone: str, local: datetime | None, put: Put
) -> None:
    cast = {"value": ColumnCast(timezone=zone)}
    assert _read(delivered, put, casts=cast, kind="timestamp") == local


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"cast": {"day": {"format": "%d.%m"}}}, "cast of .*: format '%d.%m': expected one"),
        ({"cast": {"day": {"format": "DD.MM.YYYY"}}}, "format 'DD.MM.YYYY': expected one"),
        ({"cast": {"day": {"timezone": "Berlin"}}}, "'Berlin': expected an IANA time zone"),
        ({"cast": {"day": {"formats": "%d"}}}, "formats '%d': Extra inputs"),
        ({"cast": {"day": {"format": "%Y%m%d", "decimal": ","}}}, "for a date, or decimal"),
        ({"cast": {"day": {"decimal": ".", "thousands": "."}}}, "expected different separators"),
        ({"values": {"day": {False: "x"}}}, "YAML reads a value as False: quote it"),
        ({"cast": {"dya": {"decimal": ","}}}, r"Unknown columns \['dya'\] .* some of \['day'\]"),
    ],
)
def test_a_wrong_entry_is_one_clear_error(
    entry: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"day": ["20260927"]}), tmp_path / "t.parquet")
    with pytest.raises((WrongCallError, DatasetError), match=expected):
        EngineTable(filepath=str(tmp_path / "t.parquet"), **entry).load()


def test_a_csv_is_renamed_cast_and_mapped_by_its_entry(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Tag;Typ;MB\n27.09.2026;RES;1.234,5\n28.9.26;VIP;oft\n")
    dataset = EngineTable(
        filepath=str(tmp_path / "t.csv"),
        file_format="csv",
        load_args={"delim": ";"},
        columns={"day": "Tag", "segment": "Typ", "data_mb": "MB"},
        cast={"day": {"format": "%d.%m.%Y"}, "data_mb": {"decimal": ",", "thousands": "."}},
        values={"segment": {"RES": "consumer"}},
    )
    assert dataset.load().to_pyarrow().to_pylist() == [
        {"day": "2026-09-27", "segment": "consumer", "data_mb": "1234.5"},
        {
            name: value + NOT_UNDERSTOOD
            for name, value in {"day": "28.9.26", "segment": "VIP", "data_mb": "oft"}.items()
        },
    ]


def _read(delivered: Any, put: Put, casts: Any = None, maps: Any = None, kind: str = "") -> Any:
    column = delivered if isinstance(delivered, pa.Array) else pa.array([delivered])
    table = read_values(put(pa.table({"value": column})), casts or {}, maps or {})
    value = table.value
    if kind:
        value = cast_to_calendar(value, TIMESTAMP, "Europe/Berlin")
    (read,) = table.select(value=value).to_pyarrow()["value"].to_pylist()
    return read
