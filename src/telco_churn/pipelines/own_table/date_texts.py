"""Read dates in text as people write them.

In: distinct texts and how often each occurs. Out: the order of day, month and year in a column,
and its days: numeric dates in any order, English month names, times of day, offsets.

Neither pandas (`format="mixed"` decides each cell alone) nor skrub says when the order is in doubt.
See docs/decisions/0023-a-column-is-read-by-its-bulk.md.
"""

import calendar
import re
from dataclasses import dataclass

import pandas as pd

CLOCK = (
    r"(?:[T\s]\s*(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?)"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?)?"
)
ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?"
MONTHS = {name[:3].lower(): number for number, name in enumerate(calendar.month_name) if name}
NUMERIC = re.compile(
    rf"^(?P<a>\d{{4}}|\d{{1,2}})([./\-])\s?(?P<b>\d{{1,2}})\2\s?(?P<c>\d{{4}}|\d{{1,2}})\.?"
    rf"{CLOCK}{ZONE}$"
)
COMPACT = re.compile(r"^(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})(?:T?\d{4,6})?$")
YEAR_MONTH = re.compile(r"^(?P<a>\d{4})[/\-](?P<b>\d{1,2})$")  # 2023.12 is a number
MONTH_YEAR = re.compile(r"^(?P<b>\d{1,2})[./\-](?P<a>(?:19|20)\d{2})$")
MONTH = "|".join([*calendar.month_name[1:], *calendar.month_abbr[1:], "Sept"])
NAME, NUMBER = rf"(?P<b>(?i:{MONTH}))\.?", r"(?P<c>\d{1,2})(?:st|nd|rd|th)?"
YEAR = r"(?P<a>\d{4}|\d{2})"
DAY_NAME = re.compile(
    rf"^(?:[A-Za-z]{{3,9}},\s*)?{NUMBER}[\s.\-/]*{NAME}[\s,.\-/]*{YEAR}{CLOCK}{ZONE}$"
)
NAME_DAY = re.compile(rf"^{NAME}\s*{NUMBER},?\s+{YEAR}{CLOCK}{ZONE}$")
NAME_YEAR = re.compile(rf"^{NAME}[\s\-/]*(?P<a>\d{{4}}|(?<=-)\d{{2}})$")  # also Jan-24
ZERO = r"^[0\s./:T-]*0[0\s./:T-]*$"  # 0000-00-00, 00.00.0000: how some databases write no date
PLACEHOLDERS = pd.to_datetime(
    ["0001-01-01", "1753-01-01", "1899-12-30", "1900-01-01", "1970-01-01", "9999-12-31"],
    format="ISO8601",
)
APART = 5 * 365  # days from a placeholder to the nearest other date of its column
CENTURY_TURNS = 69  # two-digit years from 69 are in the 1900s, as in POSIX

ORDERS = {"day first": "cba", "month first": "cab", "year first": "abc"}
"""The places of year, month and day by name of the order, as letters of the first to third part."""


@dataclass(frozen=True)
class DateForm:
    """How a column writes its dates.

    Attributes:
        order: `day first`, `month first`, `year first`, or a strptime format that the user gave.
        is_sure: Whether some value decides the order: 03/04/2025 alone does not.
    """

    order: str = "year first"
    is_sure: bool = True


def find_date_form(
    texts: pd.Series, counts: pd.Series, usual_order: str | None, given: str | None
) -> DateForm:
    """Find the order of day, month and year that most values have.

    Args:
        texts: Distinct texts, shape `(values,)`.
        counts: Rows of each text, shape `(values,)`.
        usual_order: The order of other columns of the file, for a column that fits several.
        given: A strptime format from the user; it applies to a column whose bulk it reads.
    """
    if given and _count_rows(_read_given(texts, given), counts) > counts.sum() / 2:
        return DateForm(given)
    parts = texts.str.extract(NUMERIC)
    is_open = parts["a"].str.len().le(2).fillna(False).astype(bool)
    if not is_open.any():
        return DateForm()
    rows = {
        order: _count_rows(_join(parts[is_open], order), counts[is_open])
        for order in ("day first", "month first", "year first")
    }
    best = max(rows, key=lambda order: rows[order])
    rivals = [order for order in rows if order != best and rows[order] == rows[best]]
    if not rivals:
        return DateForm(best)
    if usual_order in [best, *rivals]:
        return DateForm(str(usual_order))
    has_dots = texts[is_open].str.contains(r"^\d+\.", regex=True).all()  # 12.25.2023 is not written
    return DateForm(best, is_sure=bool(has_dots) and best == "day first")


def read_days(texts: pd.Series, form: DateForm, timezone: str) -> pd.Series:
    """Read texts as days, without their time of day; other texts become missing.

    Args:
        texts: Texts, shape `(values,)`.
        form: The order of the parts.
        timezone: A time with an offset becomes the day it was in this zone; one without is taken
            as it is.

    Returns:
        datetime64[us], shape `(values,)`.
    """
    if form.order not in ORDERS:
        return _to_days(_read_given(texts, form.order), timezone)
    days = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[us]")
    forms = (NUMERIC, COMPACT, YEAR_MONTH, MONTH_YEAR, DAY_NAME, NAME_DAY, NAME_YEAR)
    for pattern in forms:
        rest = texts[days.isna()]
        if rest.empty:
            break
        parts = rest.str.extract(pattern)
        parts = parts[parts["a"].notna()]
        if parts.empty:
            continue
        order = form.order if pattern is NUMERIC else "year first"
        days = days.fillna(_to_days(_join(parts, order), timezone).reindex(days.index))
    return days


def is_zero_date(texts: pd.Series) -> pd.Series:
    """Return whether each text is a date of zeros, as some databases write a missing date."""
    return texts.str.fullmatch(ZERO).fillna(False).astype(bool)


def is_placeholder(days: pd.Series) -> pd.Series:
    """Return whether each day stands for no date: a known placeholder, years from any other day."""
    is_known = days.isin(PLACEHOLDERS)
    others = days[~is_known & days.notna()]
    if not is_known.any() or others.empty:
        return is_known & False
    apart = pd.Timedelta(days=APART)
    return is_known & ((days < others.min() - apart) | (days > others.max() + apart))


def day_in_zone(times: pd.Series, timezone: str) -> pd.Series:
    """Return the day of each time: in `timezone` if the times have a zone, else as they are."""
    if getattr(times.dtype, "tz", None) is not None:
        times = times.dt.tz_convert(timezone).dt.tz_localize(None)
    return times.dt.normalize().astype("datetime64[us]")


def _join(parts: pd.DataFrame, order: str) -> pd.Series:
    """Write the parts as ISO texts; a date that does not exist becomes missing.

    A part of four digits in the first place is a year, whatever the order of the others.
    """
    starts_with_year = parts["a"].str.len() == 4
    named = {
        name: parts[place].where(~starts_with_year, parts[first])
        for name, place, first in zip(("year", "month", "day"), ORDERS[order], "abc", strict=True)
        if place in parts and first in parts
    }
    year = pd.to_numeric(named["year"])
    digits = named["year"].str.len()
    year = year + (digits == 2) * (1900 + 100 * (year < CENTURY_TURNS))
    year = year.where(digits.isin([2, 4]))
    month = pd.to_numeric(named["month"], errors="coerce").fillna(
        named["month"].str[:3].str.lower().map(MONTHS)
    )
    day = pd.to_numeric(named["day"]) if "day" in named else pd.Series(1, index=parts.index)
    found = pd.DataFrame({"year": year, "month": month, "day": day})
    days = pd.to_datetime(found[found.notna().all(axis="columns")], errors="coerce", unit="us")
    text = days.dt.strftime("%Y-%m-%d").reindex(parts.index)
    if "zone" not in parts or not parts["zone"].notna().any():
        return text
    zone = parts["zone"].replace({"UTC": "Z", "GMT": "Z"})
    clock = parts["clock"].str.replace(",", ".", regex=False)
    hour, rest = pd.to_numeric(clock.str.extract(r"^(\d+)")[0]), clock.str.extract(r"(:.*)")[0]
    half = parts["half"].str.lower()
    hour = hour.mask(half.notna(), hour % 12 + 12 * (half == "p"))
    clock = hour.astype("Int64").astype("str").str.zfill(2) + rest
    return text.where(zone.isna() | clock.isna(), text + "T" + clock + zone)


def _to_days(iso: pd.Series, timezone: str) -> pd.Series:
    has_zone = iso.str.contains(r"T.*(?:Z|[+-]\d)", regex=True).fillna(False).astype(bool)
    naive = pd.to_datetime(iso.mask(has_zone), format="ISO8601", errors="coerce")
    aware = pd.to_datetime(iso.where(has_zone), format="ISO8601", errors="coerce", utc=True)
    return day_in_zone(naive, timezone).fillna(day_in_zone(aware, timezone))


def _read_given(texts: pd.Series, given: str) -> pd.Series:
    times = pd.to_datetime(texts, format=given, errors="coerce", utc="%z" in given)
    return times.dt.strftime("%Y-%m-%dT%H:%M:%S%z" if "%z" in given else "%Y-%m-%d")


def _count_rows(read: pd.Series, counts: pd.Series) -> int:
    return int(counts[read.notna()].sum())
