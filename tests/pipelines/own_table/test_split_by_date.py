"""Rows are split by date, with gaps where labels are not known yet."""

from itertools import pairwise
from typing import Any

import pandas as pd
import pytest

from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.checks import UnusableTableError
from telco_churn.pipelines.own_table.splits import split_by_date

MONTHS = pd.date_range("2025-01-01", periods=10, freq="MS")
PURPOSES = ["train", "calibration", "test"]


def split(
    days: pd.DatetimeIndex,
    rows_each: int = 4,
    gap_days: int = 28,
    as_of: str = "2026-06-01",
    **more: Any,
) -> pd.Series:
    """Split `rows_each` rows per day, half of which churn; the index is the date."""
    params = OwnTableParams(table="table.csv", target="left", positive="Yes", time="month", **more)
    dates = pd.Series(days.repeat(rows_each))
    churned = pd.Series([number % 2 == 0 for number in range(len(dates))])
    purposes = split_by_date(
        dates, churned, params, pd.Timestamp(as_of), pd.Timedelta(days=gap_days)
    )
    return purposes.set_axis(dates)


def dates_of(purposes: pd.Series, purpose: str) -> list[str]:
    found = purposes.index[purposes == purpose].unique()
    return [str(day.date()) for day in found.sort_values()]


def test_months_are_split_by_share_of_rows_the_latest_test() -> None:
    purposes = split(MONTHS)
    assert dates_of(purposes, "test") == ["2025-09-01", "2025-10-01"]
    assert dates_of(purposes, "calibration") == ["2025-07-01", "2025-08-01"]
    assert len(dates_of(purposes, "train")) == 6
    assert dates_of(purposes, "gap") == []


def test_rows_whose_label_is_known_too_late_for_the_next_purpose_are_the_gap() -> None:
    weeks = pd.date_range("2025-01-06", periods=40, freq="7D")
    purposes = split(weeks)
    for earlier, later in pairwise(PURPOSES):
        last, first = max(dates_of(purposes, earlier)), min(dates_of(purposes, later))
        assert pd.Timestamp(first) - pd.Timestamp(last) == pd.Timedelta(days=28)
    assert len(dates_of(purposes, "gap")) == 6
    shares = purposes.value_counts(normalize=True)
    assert shares["test"] == shares["calibration"] == 0.2


def test_days_leave_calibration_whole_before_the_gap() -> None:
    days = pd.date_range("2025-01-01", periods=150, freq="D")
    counts = split(days).value_counts()
    assert counts.to_dict() == {"test": 120, "calibration": 120, "gap": 216, "train": 144}


def test_a_date_has_one_purpose() -> None:
    purposes = split(MONTHS, gap_days=0)
    assert purposes.groupby(level=0).nunique().max() == 1


def test_rows_whose_label_is_not_known_by_as_of_are_the_gap() -> None:
    purposes = split(MONTHS, as_of="2025-10-01")
    assert dates_of(purposes, "gap") == ["2025-10-01"]
    assert max(dates_of(purposes, "test")) == "2025-09-01"


def test_three_dates_are_enough_even_where_shares_would_take_all() -> None:
    purposes = split(MONTHS[:3], calibration_fraction=0.45, test_fraction=0.45)
    assert [dates_of(purposes, purpose) for purpose in PURPOSES] == [
        ["2025-01-01"],
        ["2025-02-01"],
        ["2025-03-01"],
    ]


@pytest.mark.parametrize(
    ("days", "changes", "expected"),
    [
        (MONTHS[:2], {}, r"2 dates in month .*2026-06-01.* at least 3,.*leave own_table.time out"),
        (MONTHS[:4], {"as_of": "2025-03-01"}, r"2 dates in month .*a later as_of"),
        (
            MONTHS,
            {"gap_days": 200},
            r"2025-01-01 to 2025-10-01.*gaps of 200 days \(own_table.gap_days\).*2 of 3 splits"
            r".*lower own_table.gap_days",
        ),
        (MONTHS[:4], {"rows_each": 1}, r"1 calibration rows with left=Yes and 0 without"),
    ],
)
def test_dates_that_do_not_suffice_are_refused(
    days: pd.DatetimeIndex, changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(UnusableTableError, match=expected):
        split(days, **changes)
