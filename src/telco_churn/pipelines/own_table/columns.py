"""Find out what a column of an unknown table holds, and read it.

In: a pandas column, as text or typed. Out: its kind and form, decided by the bulk of its values,
and its values as numbers, days or categories. A value of another kind is missing and counted.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from telco_churn.learning.value_counts import NAMED_ID
from telco_churn.pipelines.own_table.date_texts import (
    DateForm,
    day_in_zone,
    find_date_form,
    is_placeholder,
    is_zero_date,
    read_days,
)
from telco_churn.pipelines.own_table.number_texts import (
    NumberForm,
    find_number_form,
    read_numbers,
)

IDENTIFIER_SHARE = 0.9  # share of distinct values from which text identifies rows
IDENTIFIER_ROWS = 50  # with fewer rows, distinct values prove nothing
NUMBERED = 0.985  # R squared of whole numbers on their rank, from which they number the rows
FEW_VALUES = 30  # distinct values up to which text that repeats is a category, whatever it holds
LEVEL_SHARE = 0.005  # share of the rows from which a text among few values is a level, not a typo
EXACT = 2**53
BULK = 0.5  # share of the values that decides what a column was meant to hold
# Words that spreadsheets, databases and people write for a missing value.
MISSING_WORDS = frozenset(
    [
        *("", "-", "--", "?", ".", "na", "n/a", "n.a.", "nan", "nat", "null", "nil", "none"),
        *("<na>", "(null)", "(blank)", "\\n", "#n/a", "#na", "#null!", "#value!", "#ref!"),
        *("#div/0!", "#name?", "#num!"),
    ]
)
# Among numbers and dates these mean missing; in a category they are a value of their own.
UNKNOWN_WORDS = frozenset(
    [
        *("unknown", "missing", "not available", "not applicable", "undefined", "tbd"),
        *("unbekannt", "k.a.", "keine angabe", "inconnu", "desconocido", "onbekend"),
        *("sconosciuto", "okänd"),
    ]
)

NUMBER = "number"
NUMBER_IN_TEXT = "number in text"
DATE = "date"
CATEGORY = "category"
FLAG = "flag"
CONSTANT = "constant"
IDENTIFIER = "identifier-like"
UNREADABLE = "unreadable"
PERSONAL = "direct identifier"

BLANK = "(blank)"  # the second value of a flag


@dataclass(frozen=True)
class Reading:
    """The content of a column, and its notation.

    Attributes:
        kind: One of the kinds above.
        number: For numbers, their form.
        date: For dates, their form.
    """

    kind: str
    number: NumberForm = field(default_factory=NumberForm)
    date: DateForm = field(default_factory=DateForm)

    @property
    def form(self) -> str:
        """Return the form as text, for the column profile."""
        if self.kind == DATE:
            return self.date.order
        return self.number.code if self.kind in (NUMBER, NUMBER_IN_TEXT, UNREADABLE) else ""

    @classmethod
    def from_profile(cls, kind: str, form: str) -> "Reading":
        """Build the reading that a profile names."""
        if kind == DATE:
            return cls(kind, date=DateForm(form))
        return cls(kind, number=NumberForm.from_code(form)) if form else cls(kind)


@dataclass(frozen=True)
class ReadingOptions:
    """How the other columns of a table, and the user, write numbers and dates.

    Attributes:
        decimal: Decimal separator of other columns; None if none decides it.
        order: Order of day and month in other columns; None if none decides it.
        date_format: A strptime format that the user gave.
        timezone: Zone in which a time with an offset becomes a day.
        max_unreadable_share: Largest share of values that may be unreadable, 0 to 1.
    """

    timezone: str
    max_unreadable_share: float
    date_format: str | None = None
    decimal: str | None = None
    order: str | None = None


class Texts:
    """A column of text by its distinct values, which are few compared to its rows.

    Attributes:
        distinct: The distinct texts without surrounding blanks or words for missing, `(values,)`.
        counts: The rows of each, `(values,)`.
    """

    def __init__(self, values: pd.Series) -> None:
        """Count the distinct texts of a column, shape `(rows,)`."""
        self._index = values.index
        stripped = values.astype("str").str.strip()
        self._codes, found = pd.factorize(stripped)
        texts = pd.Series(np.asarray(found, dtype=object), dtype="str")
        counts = pd.Series(np.bincount(self._codes[self._codes >= 0], minlength=len(texts)))
        is_present = ~texts.str.casefold().isin(MISSING_WORDS)
        self._all = len(texts)
        self.distinct, self.counts = texts[is_present], counts[is_present]

    @cached_property
    def is_unknown(self) -> pd.Series:
        """Whether each distinct text means missing among numbers and dates."""
        return self.distinct.str.casefold().isin(UNKNOWN_WORDS)

    def spread(self, read: pd.Series) -> pd.Series:
        """Return a value per row from a value per distinct text."""
        by_code = read.reindex(range(self._all)).array
        return pd.Series(by_code.take(self._codes, allow_fill=True), index=self._index)


def find_reading(values: pd.Series, options: ReadingOptions) -> Reading:
    """Find out what a column holds; its name tells apart whole numbers and ids."""
    if not is_text(values):
        return _find_typed_reading(values)
    texts = Texts(values)
    spellings = unify_spellings(texts.distinct, texts.counts)
    if spellings.nunique() <= 1:
        is_flag = len(spellings) and texts.counts.sum() < len(values)
        return Reading(FLAG if is_flag else CONSTANT)
    reading = _find_number_or_date(texts, options)
    if reading and reading.kind == NUMBER and texts.counts.max() == 1:
        numbers = texts.spread(read_numbers(texts.distinct, reading.number))
        return replace(reading, kind=IDENTIFIER) if _number_rows(numbers, values.name) else reading
    if reading:
        return reading
    rows = int(texts.counts.sum())
    is_own = len(spellings.unique()) >= IDENTIFIER_SHARE * rows > IDENTIFIER_ROWS
    return Reading(IDENTIFIER if is_own else CATEGORY)


def read_values(values: pd.Series, reading: Reading, options: ReadingOptions) -> pd.Series:
    """Read a column: numbers as float64, dates as days, anything else as text.

    Shape `(rows,)` in and out; values of another kind are missing.
    """
    if reading.kind == DATE:
        return _read_dates(values, reading.date, options)
    if reading.kind in (NUMBER, NUMBER_IN_TEXT, UNREADABLE):
        if not is_text(values):
            return values.astype("float64")
        texts = Texts(values)
        known = texts.distinct[~texts.is_unknown]
        return texts.spread(read_numbers(known, reading.number)).astype("float64")
    texts = Texts(values if is_text(values) else write_as_text(values))
    read = texts.spread(unify_spellings(texts.distinct, texts.counts))
    return read.fillna(BLANK) if reading.kind == FLAG else read


def find_unread(values: pd.Series, read: pd.Series, reading: Reading) -> pd.Series:
    """Return the texts that were not understood, the most frequent first, with their rows."""
    if not is_text(values) or reading.kind not in (NUMBER, NUMBER_IN_TEXT, DATE, UNREADABLE):
        return pd.Series(dtype="int64")
    texts = Texts(values[read.isna()])
    is_fault = ~texts.is_unknown
    if reading.kind == DATE:
        is_fault &= ~is_zero_date(texts.distinct)
        is_fault &= read_days(texts.distinct, reading.date, "UTC").isna()
    found = texts.counts[is_fault].set_axis(texts.distinct[is_fault])
    return found.sort_values(ascending=False, kind="stable")


def find_words_for_missing(values: pd.Series, reading: Reading) -> pd.Series:
    """Return the words and dates that count as missing although they are text, with their rows."""
    if not is_text(values):
        return pd.Series(dtype="int64")
    counts = values.dropna().astype("str").str.strip().value_counts()
    texts = pd.Series(counts.index, counts.index, dtype="str")
    folded = texts.str.casefold()
    is_word = folded.isin(MISSING_WORDS) & texts.ne("")
    if reading.kind in (NUMBER, NUMBER_IN_TEXT, DATE, UNREADABLE):
        is_word |= folded.isin(UNKNOWN_WORDS)
    if reading.kind == DATE:
        is_word |= is_zero_date(texts)
    return counts[is_word]


def unify_spellings(texts: pd.Series, counts: pd.Series) -> pd.Series:
    """Return for each text the most frequent spelling: `Yes`, `yes` and `YES` are one value."""
    key = texts.str.casefold().str.replace(r"\s+", " ", regex=True)
    key = key.str.replace(r"^([+-]?\d+)\.0+$", r"\1", regex=True)  # 1.0 is 1
    if key.is_unique:
        return texts
    order = pd.DataFrame({"text": texts, "key": key, "rows": counts}).sort_values(
        ["rows", "text"], ascending=[False, True], kind="stable"
    )
    return key.map(order.drop_duplicates("key").set_index("key")["text"])


def is_text(values: pd.Series) -> bool:
    """Return whether a column holds text; a column of mixed types does not, nor one of dates."""
    return pd.api.types.is_string_dtype(values) and pd.api.types.infer_dtype(values) == "string"


def write_as_text(values: pd.Series) -> pd.Series:
    """Write values as text; whole numbers without `.0`, as in ids that a file holds as floats."""
    if pd.api.types.is_float_dtype(values) and _are_whole(values.dropna()).all():
        values = values.astype("Int64")
    texts = values.astype("str")
    if not is_text(values):
        return texts
    stripped = texts.str.strip()
    is_float = stripped.dropna().str.fullmatch(r"\d+\.0+")
    return stripped.str.replace(r"\.0+$", "", regex=True) if is_float.all() else stripped


def _find_typed_reading(values: pd.Series) -> Reading:
    present = values.dropna()
    if present.nunique() <= 1:
        return Reading(FLAG if len(present) and len(present) < len(values) else CONSTANT)
    if pd.api.types.is_numeric_dtype(values):
        if _are_compact_dates(present):
            return Reading(DATE)
        return Reading(IDENTIFIER if _number_rows(values, values.name) else NUMBER)
    if _are_dates(present):
        return Reading(DATE)
    is_own = present.nunique() >= IDENTIFIER_SHARE * len(present) > IDENTIFIER_ROWS
    return Reading(IDENTIFIER if is_own else CATEGORY)


def _find_number_or_date(texts: Texts, options: ReadingOptions) -> Reading | None:
    """Return the reading of a column whose bulk is numbers or dates; None for other text."""
    known = ~texts.is_unknown
    distinct, counts = texts.distinct[known], texts.counts[known]
    rows = max(int(counts.sum()), 1)
    number = find_number_form(distinct, counts, options.decimal)
    numbers = read_numbers(distinct, number)
    date = DateForm()
    days = pd.Series(pd.NaT, index=distinct.index)
    if numbers.isna().any() or _are_compact_dates(numbers):
        date = find_date_form(distinct, counts, options.order, options.date_format)
        days = read_days(distinct, date, options.timezone)
        days = days.mask(is_zero_date(distinct), pd.Timestamp(0))
    as_number, as_date = (float(counts[read.notna()].sum()) / rows for read in (numbers, days))
    share, read = (as_date, days) if as_date >= as_number else (as_number, numbers)
    if share < BULK or _are_codes(distinct, counts) or not len(distinct):
        return None
    reading = Reading(DATE, date=date) if as_date >= as_number else Reading(NUMBER, number=number)
    unread = counts[read.isna()]
    is_level = len(distinct) <= FEW_VALUES and (
        unread.max() > max(1, LEVEL_SHARE * rows) if len(unread) else False
    )
    if is_level:
        return None
    if 1 - share <= options.max_unreadable_share:
        return reading
    return replace(reading, kind=UNREADABLE) if len(distinct) > FEW_VALUES else None


def _read_dates(values: pd.Series, form: DateForm, options: ReadingOptions) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        values = values.where(_are_whole(values)).astype("Int64").astype("str")
    if is_text(values):
        texts = Texts(values)
        days = texts.spread(read_days(texts.distinct, form, options.timezone))
    elif getattr(values.dtype, "kind", "") == "M":
        days = day_in_zone(values, options.timezone)
    else:
        days = day_in_zone(pd.to_datetime(values, errors="coerce"), options.timezone)
    return days.mask(is_placeholder(days))


def _are_dates(present: pd.Series) -> bool:
    return getattr(present.dtype, "kind", "") == "M" or pd.api.types.infer_dtype(present) in (
        "date",
        "datetime",
    )


def _are_whole(numbers: pd.Series) -> pd.Series:
    """Return whether each is a whole number that a float holds exactly."""
    return (numbers % 1 == 0) & (numbers.abs() < EXACT)


def _are_compact_dates(numbers: pd.Series) -> bool:
    """Return whether all numbers are dates written as 20231225, in more than a few values."""
    present = numbers.dropna()
    if present.empty or not present.between(19_000_101, 21_001_231).all():
        return False
    if (present % 1 != 0).any() or present.nunique() < 3:
        return False
    texts = present.astype("int64").astype("str")
    return bool(pd.to_datetime(texts, format="%Y%m%d", errors="coerce").notna().all())


def _are_codes(texts: pd.Series, counts: pd.Series) -> bool:
    """Return whether digits are a code, such as 00123: of one length, some with a leading zero."""
    is_code = texts.str.fullmatch(r"\d{2,}").astype(bool)
    has_zero = counts[is_code & texts.str.startswith("0")].sum()
    return bool(
        is_code.all() and texts.str.len().nunique() == 1 and has_zero > LEVEL_SHARE * counts.sum()
    )


def _number_rows(numbers: pd.Series, name: object) -> bool:
    """Return whether whole numbers are ids: unique, and called so or rising as evenly as a count.

    A sample of running ids still rises evenly. A sorted amount does not: its ends are sparse.
    """
    present = numbers.dropna()
    is_whole = bool((present % 1 == 0).all())
    if len(present) <= IDENTIFIER_ROWS or not is_whole or not present.is_unique:
        return False
    if re.search(NAMED_ID, str(name)):
        return True
    if not present.is_monotonic_increasing and not present.is_monotonic_decreasing:
        return False
    rank = np.arange(len(present), dtype=np.float64)
    return bool(np.corrcoef(rank, present.to_numpy(np.float64))[0, 1] ** 2 >= NUMBERED)
