"""Suggest keys of a catalog entry that make a delivered table fit its contract."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from difflib import SequenceMatcher
from operator import eq
from typing import Any

import ibis.expr.datatypes as dt
import yaml

from kedro_asof.delivered_values import match_number

ALIKE = 0.6  # names of less similarity, 0 to 1, are not matched
UNKNOWN = "..."  # in place of a value that a person has to fill in
DAY_FORMATS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y"),
)
DATE_FORMATS = tuple(f"{day}{at}" for at in ("", " %H:%M:%S", " %H:%M") for day in DAY_FORMATS)
NUMBER_NOTATIONS: tuple[dict[str, str], ...] = (
    {"decimal": ","},
    {"decimal": ",", "thousands": "."},
    {"decimal": ",", "thousands": " "},
    {"thousands": ","},
    {"thousands": "'"},
    {"thousands": " "},
)


def match_names(
    lacking: Mapping[str, Any], found: Mapping[str, Any], fits: Callable[[Any, Any], bool] = eq
) -> dict[str, str]:
    """Return the most similar found name of a fitting type for each lacking name that has one.

    Args:
        lacking: The type of each name that is looked for.
        found: The type of each name that may be it; each is used once.
        fits: Whether a wanted type can be read from a found type.
    """
    pairs = [
        (_compare(name, other), name, other)
        for name in lacking
        for other in found
        if fits(lacking[name], found[other])
    ]
    matched: dict[str, str] = {}
    for likeness, name, other in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= ALIKE and name not in matched and other not in matched.values():
            matched[name] = other
    return matched


def _compare(name: str, other: str) -> float:
    """Return the likeness of two names: of their letters, or of their words if that is more."""
    words, others = (
        re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", each).lower())
        for each in (name, other)
    )
    shared = len({*words} & {*others}) / max(min(len({*words}), len({*others})), 1)
    return max(SequenceMatcher(None, "".join(words), "".join(others)).ratio(), 0.9 * shared)


def fits(wanted: dt.DataType, found: dt.DataType) -> bool:
    """Return whether a column of one type can be read from another; text can hold all types."""
    if found.is_string() or wanted.is_string():
        return True
    return (found.is_temporal(), found.is_numeric()) == (wanted.is_temporal(), wanted.is_numeric())


def find_date_formats(values: Iterable[str]) -> list[str]:
    """Return the formats in which all values are dates; several if the values leave doubt."""
    texts = list(values)
    return [form for form in DATE_FORMATS if texts and all(_is_date(text, form) for text in texts)]


def find_number_notation(values: Iterable[str]) -> dict[str, str]:
    """Return the keys of `cast` by which all values are numbers; marked if the values leave doubt.

    Empty for values without such keys, and for numbers that need none.
    """
    texts = list(values)
    if not texts or _are_numbers(texts, {}):
        return {}
    found = [notation for notation in NUMBER_NOTATIONS if _are_numbers(texts, notation)]
    if {"decimal": ","} in found and {"thousands": ","} in found:  # 1,234
        return {"decimal": UNKNOWN, "thousands": UNKNOWN}
    return found[0] if found else {}


def _are_numbers(texts: Iterable[str], notation: Mapping[str, str]) -> bool:
    pattern = match_number(notation.get("decimal", "."), notation.get("thousands"))
    return all(re.search(pattern, text) for text in texts)


def _is_date(value: str, form: str) -> bool:
    try:
        return bool(datetime.strptime(value.strip(), form))
    except ValueError:
        return False


def match_values(found: Iterable[str], allowed: Iterable[str]) -> dict[str, str]:
    """Map each found value to the one allowed value that begins with its letters and digits."""
    bare = {each: re.sub(r"[\W_]+", "", each).lower() for each in (*found, *allowed)}
    starts = {
        value: [each for each in allowed if bare[value] and bare[each].startswith(bare[value])]
        for value in found
    }
    return {value: same[0] if len(same) == 1 else UNKNOWN for value, same in starts.items()}


def write_entries(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the keys of catalog entries as YAML, one line per key or column."""
    return yaml.dump(
        entries,
        Dumper=_PlainDumper,
        default_flow_style=None,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
    ).rstrip()


class _PlainDumper(yaml.SafeDumper):
    """Repeats equal values: an alias of another entry could not be pasted alone."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True
