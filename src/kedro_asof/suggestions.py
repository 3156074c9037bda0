"""Name an unknown value together with what the user probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST_LISTED = 40  # longer lists hide the message
ALIKE = 0.7  # share of common letters; at 0.6, raw_usage would be suggested for raw_roaming


def describe_unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Describe an unknown name, with the nearest known name and the list of them if it is short.

    Args:
        kind: The kind of thing that the name stands for, such as `pipeline`.
        name: The unknown name.
        known: The allowed names.
    """
    allowed = sorted(set(known))
    meant = suggest(name, allowed)
    listed = f" Expected one of {allowed}." if len(allowed) <= MOST_LISTED else ""
    return f"Unknown {kind} {name!r}.{meant}{listed}"


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?`, or an empty text if no known name is similar."""
    nearest = get_close_matches(name, list(known), n=1, cutoff=ALIKE)
    return f" Did you mean {nearest[0]!r}?" if nearest else ""
