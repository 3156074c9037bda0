"""Give every column of a delivered table a name of its own."""

import logging
from collections.abc import Collection, Sequence

logger = logging.getLogger(__name__)


def name_columns(header: Sequence[str], where: str) -> list[str]:
    """Return distinct names; the log lists each that differs from the header.

    Spaces around a name are removed. A column without a name is called after its position. Case
    does not make names distinct, as in SQL: of `Fee` and `fee`, the second becomes `fee_2`.

    Args:
        header: The names in the file.
        where: The file, for the log.
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, found in enumerate(header, start=1):
        name = find_free_name(found.strip() or f"column_{position}", taken)
        taken.add(name.casefold())
        names.append(name)
    changed = [
        f"{position} {found!r} to {name!r}"
        for position, (found, name) in enumerate(zip(header, names, strict=True), start=1)
        if name != found
    ]
    if changed:
        logger.warning("%s: columns renamed, by position: %s.", where, ", ".join(changed))
    return names


def find_free_name(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number if it is taken in any case; `taken` is casefolded."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name}_{number}"
    return free
