"""Match the names of columns that one table lacks with names that another table has."""

import re
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from typing import Any

ALIKE = 0.6  # names below this similarity, 0 to 1, are not matched


def match_names(
    lacking: Mapping[str, Any],
    found: Mapping[str, Any],
    fits: Callable[[Any, Any], bool] = lambda wanted, kind: wanted == kind,
) -> dict[str, str]:
    """Return the most similar found name of a fitting type for each lacking name that has one.

    Args:
        lacking: The type of each name that is looked for.
        found: The type of each name that may be it; each is used once.
        fits: Whether a found type (second) can serve as a wanted type (first).
    """
    pairs = [
        (compare_names(name, other), name, other)
        for name, wanted in lacking.items()
        for other, kind in found.items()
        if fits(wanted, kind)
    ]
    matched: dict[str, str] = {}
    for score, name, other in sorted(pairs, key=lambda pair: -pair[0]):
        if score >= ALIKE and name not in matched and other not in matched.values():
            matched[name] = other
    return matched


def compare_names(name: str, other: str) -> float:
    """Return the similarity of two names, 0 to 1, by letters or by words, whatever is higher."""
    words, others = _split(name), _split(other)
    shared = len(set(words) & set(others)) / max(min(len(set(words)), len(set(others))), 1)
    letters = SequenceMatcher(None, "".join(words), "".join(others)).ratio()
    return max(letters, 0.9 * shared)


def _split(name: str) -> list[str]:
    """Return the words of a name in lower case: `signedUpOn` and `SIGNED_UP_ON` have the same."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
