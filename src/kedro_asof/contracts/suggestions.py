"""Suggest keys of a catalog entry that make a delivered table fit its contract."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import ibis.expr.datatypes as dt

DATE_FORMATS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d")
DECIMAL_COMMA = re.compile(r"\s*[-+]?[\d.]*\d,\d+\s*")
YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}  # not text in YAML


def fits(wanted: dt.DataType, found: dt.DataType) -> bool:
    """Return whether a column of one type can hold the values of another; text can hold all."""
    if found.is_string() or wanted.is_string():
        return True
    if wanted.is_temporal():
        return found.is_temporal()
    return found.is_numeric() and wanted.is_numeric()


def find_date_formats(values: Iterable[str]) -> list[str]:
    """Return the formats in which all values are dates; more than one if the values leave doubt."""
    return [form for form in DATE_FORMATS if all(_is_date(value, form) for value in values)]


def _is_date(value: str, form: str) -> bool:
    try:
        datetime.strptime(value.strip(), form)
    except ValueError:
        return False
    return True


def has_decimal_comma(values: Iterable[str]) -> bool:
    """Return whether all values are numbers with a decimal comma."""
    return all(DECIMAL_COMMA.fullmatch(value) for value in values)


def match_values(found: Iterable[str], allowed: Iterable[str]) -> dict[str, str]:
    """Map each found value to the one allowed value that begins like it; `...` if not exactly one.

    Letter case, blanks and `_` do not count: `MOB` is `mobile`, `Consumer ` is `consumer`.
    """
    return {value: _find_only(value, list(allowed)) for value in found}


def _find_only(value: str, allowed: list[str]) -> str:
    bare = {each: re.sub(r"[\W_]+", "", each).lower() for each in (value, *allowed)}
    start = bare[value]
    same = [each for each in allowed if start and bare[each].startswith(start)]
    return same[0] if len(same) == 1 else "..."


def write_yaml(keys: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Write the keys of each table as lines of a catalog, one line per key."""
    return [
        line
        for table, entry in keys.items()
        for line in [f"{table}:", *(f"  {key}: {_write(value)}" for key, value in entry.items())]
    ]


def _write(value: Any) -> str:
    """Write a value as YAML in one line; plain words stay without quotes."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_write(k)}: {_write(v)}" for k, v in value.items()) + "}"
    is_plain = re.fullmatch(r"[A-Za-z_][\w-]*", value) and value.lower() not in YAML_WORDS
    return value if is_plain else json.dumps(value, ensure_ascii=False)
