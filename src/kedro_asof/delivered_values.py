"""Read the values of a delivered table as its catalog entry describes them: `cast` and `values`.

In: a table as delivered. Out: the same columns. Dates become text in ISO 8601, numbers become text
with a decimal point, and categories become the project's values; contracts decide the types. A
value that the entry does not describe stays, with a mark that no contract accepts.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

import ibis
import ibis.expr.types as ir
from pydantic import Field, RootModel, field_validator, model_validator

from kedro_asof.engines import find_engine_of
from kedro_asof.local_time import CLOCK, DAY, OFFSET, cast_to_calendar
from kedro_asof.params import Block, check_zone

NOT_UNDERSTOOD = " [not understood]"  # ends each text that the catalog entry does not describe

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ABBREVIATED = [month[:3].lower() for month in MONTHS]
# The directives of `format`, those of Python's strptime, each with what it matches.
DIRECTIVES = {
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%m": r"\d{1,2}",
    "%b": "|".join(ABBREVIATED),
    "%B": "|".join(MONTHS),
    "%d": r"\d{1,2}",
    "%H": r"\d{1,2}",
    "%M": r"\d{2}",
    "%S": r"\d{2}",
    "%f": r"\d{1,9}",
    "%z": OFFSET.replace("(:?", "(?::?"),
}
CENTURY_FROM = "69"  # %y: 69 to 99 belong to the 20th century, as in POSIX
HAS_CLOCK = rf"^\s*{DAY}{CLOCK}\s*$"


class ColumnCast(Block):
    """How a column is written, if not as ISO 8601 or with a decimal point."""

    format: str | None = None
    """Format of a date or time, such as `%d.%m.%Y`."""
    timezone: str | None = None
    """IANA zone of times without a zone, if it is another zone than the operator's."""
    decimal: Literal[",", "."] | None = None
    """Decimal separator of a number."""
    thousands: str | None = Field(default=None, min_length=1, max_length=1)
    """Separator of thousands of a number."""
    missing: list[str] = Field(default_factory=list)
    """Texts that stand for no value, such as `00000000`."""

    @field_validator("format")
    @classmethod
    def _check_format(cls, value: str | None) -> str | None:
        if value is None:
            return None
        found = re.findall("%.?", value)
        parts = ({"%Y", "%y"}, {"%m", "%b", "%B"}, {"%d"})
        if set(found) - set(DIRECTIVES) or any(len(part & set(found)) != 1 for part in parts):
            raise ValueError(
                "expected one directive each for year, month and day, from "
                f"{' '.join(DIRECTIVES)}, such as %d.%m.%Y"
            )
        if len(found) != len(set(found)):
            raise ValueError("expected each directive once")
        return value

    @field_validator("timezone")
    @classmethod
    def _check_timezone(cls, value: str | None) -> str | None:
        return value and check_zone(value)

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if (self.format or self.timezone) and (self.decimal or self.thousands):
            raise ValueError(
                "expected format and timezone for a date, or decimal and thousands for a number"
            )
        if self.thousands == (self.decimal or "."):
            raise ValueError("expected different separators for decimals and thousands")
        return self


class ValueMap(RootModel[dict[Any, str | int | float | None]]):
    """The project's value by delivered value; null for no value."""

    @field_validator("root", mode="before")
    @classmethod
    def _refuse_booleans(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            booleans = [each for pair in value.items() for each in pair if isinstance(each, bool)]
            if booleans:
                raise ValueError(f"YAML reads a value as {booleans[0]}: quote it, such as 'no'")
        return value

    @property
    def texts(self) -> dict[str, str | None]:
        """Both values as text."""
        return {str(key): None if value is None else str(value) for key, value in self.root.items()}


def read_values(
    table: ir.Table, casts: Mapping[str, ColumnCast], maps: Mapping[str, ValueMap]
) -> ir.Table:
    """Return the table with cast and mapped columns.

    Args:
        table: The table as delivered, with the project's column names.
        casts: How a column is written, by column.
        maps: The project's values, by column.
    """
    cast = {name: _cast(table[name], how) for name, how in casts.items()}
    mapped = {name: _map(cast.get(name, table[name]), pairs.texts) for name, pairs in maps.items()}
    return table.mutate(**cast | mapped)


def _cast(value: ir.Value, how: ColumnCast) -> ir.Value:
    if how.missing:
        text = value.cast("string").strip()
        value = ibis.ifelse(text.isin(how.missing), ibis.null(value.type()), value)
    kind = value.type()
    if how.format and not (kind.is_date() or kind.is_timestamp()):
        value = _mark_unread(value, _read_date(value.cast("string"), how.format))
    if how.timezone:
        return _locate(value, how.timezone)
    if (how.decimal or how.thousands) and not kind.is_numeric():
        text = value.cast("string")
        return _mark_unread(value, _read_number(text, how.decimal or ".", how.thousands))
    return value


def _map(value: ir.Value, pairs: dict[str, str | None]) -> ir.StringValue:
    text = value.cast("string")
    branches = [(key, ibis.literal(new, "string")) for key, new in pairs.items()]
    return text.cases(*branches, else_=text + NOT_UNDERSTOOD)


def _mark_unread(value: ir.Value, read: ir.StringValue) -> ir.StringValue:
    return ibis.coalesce(read, value.cast("string") + NOT_UNDERSTOOD)


def _read_date(text: ir.StringValue, form: str) -> ir.StringValue:
    """Return the date as text in ISO 8601, null if it does not have the format or exist."""
    pattern, groups = _compile(form)

    def take(directive: str, default: str = "00") -> ir.StringValue:
        if directive not in groups:
            return ibis.literal(default)
        return text.re_extract(pattern, groups[directive]).lpad(2, "0")

    year = take("%Y")
    if "%y" in groups:
        short = take("%y")
        year = ibis.ifelse(short < CENTURY_FROM, "20", "19") + short
    name = take("%b") if "%b" in groups else take("%B")
    named = (ibis.literal("".join(ABBREVIATED)).find(name.lower().left(3)) // 3 + 1).cast("string")
    month = take("%m") if "%m" in groups else named.lpad(2, "0")
    day = year + "-" + month + "-" + take("%d")
    exists = text.re_search(pattern) & day.try_cast("date").notnull()
    clock = ibis.literal("")
    if "%H" in groups:
        clock = " " + take("%H") + ":" + take("%M") + ":" + take("%S")
    if "%f" in groups:
        clock += "." + take("%f")
    return ibis.ifelse(exists, day + clock + take("%z", default=""), None)


def _compile(form: str) -> tuple[str, dict[str, int]]:
    """Return the regular expression of a format, and the group of each directive."""
    is_tight = re.search("%.%", form) is not None  # 20260927: each number has its full width
    groups: dict[str, int] = {}
    pattern = ""
    for part in re.findall(r"%.|\s+|.", form):
        if part in DIRECTIVES:
            groups[part] = len(groups) + 1
            found = DIRECTIVES[part].replace("{1,2}", "{2}") if is_tight else DIRECTIVES[part]
            pattern += f"({_without_groups(found)})"
        else:
            pattern += r"\s+" if part.isspace() else re.escape(part)
    return rf"(?i)^\s*{pattern}\s*$", groups


def _without_groups(pattern: str) -> str:
    return re.sub(r"\((?!\?)", "(?:", pattern)


def _locate(value: ir.Value, zone: str) -> ir.Value:
    """Give a zone to times without one; a date without a time stays as it is."""
    engine = find_engine_of(value)
    if value.type().is_timestamp():
        return engine.from_local(value, zone)
    if not value.type().is_string():
        return value
    clock = ibis.ifelse(value.re_search(HAS_CLOCK), value, None)
    instant = engine.from_local(cast_to_calendar(clock, ibis.dtype("timestamp"), "UTC"), zone)
    return ibis.coalesce(engine.to_local(instant, "UTC").cast("string") + "Z", value)


def _read_number(text: ir.StringValue, decimal: str, thousands: str | None) -> ir.StringValue:
    """Return the number as text with a decimal point, null for other text."""
    bare = text.re_replace(_match_separator(thousands), "") if thousands else text
    is_number = text.re_search(match_number(decimal, thousands))
    return ibis.ifelse(is_number, bare.strip().replace(decimal, "."), None)


def match_number(decimal: str, thousands: str | None) -> str:
    """Return the regular expression of the numbers that a `ColumnCast` reads."""
    whole = r"\d+"
    if thousands:
        whole = rf"(\d+|\d{{1,3}}({_match_separator(thousands)}\d{{3}})+)"
    return rf"^\s*[+-]?{whole}({re.escape(decimal)}\d+)?\s*$"


def _match_separator(thousands: str) -> str:
    return "[\\s\u00a0\u202f]" if thousands.isspace() else re.escape(thousands)
