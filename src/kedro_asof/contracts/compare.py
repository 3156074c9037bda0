"""Compare two versions of contracts: which changes refuse tables that were accepted before."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kedro_asof.contracts.describe import TABLE, Contracts
from kedro_asof.contracts.suggestions import match_names

Change = tuple[str, bool]  # its text, and whether it is breaking

# By fact: whether it is wider than before. A fact that is not listed here always breaks, and so
# does a check that is new. A removed check never does.
IS_WIDER: dict[str, Callable[[Any, Any], bool]] = {
    "nullable": lambda _, after: after,
    "required": lambda _, after: not after,
    "strict": lambda _, after: not after,
    "at_least": lambda before, after: after < before,
    "above": lambda before, after: after < before,
    "min_length": lambda before, after: after < before,
    "at_most": lambda before, after: after > before,
    "below": lambda before, after: after > before,
    "max_length": lambda before, after: after > before,
    "one_of": lambda before, after: set(before) <= set(after),
}
MEANINGS = ("type", "key", "known_from")  # a table without them is not wider, but another one


def compare_contracts(old: Contracts, new: Contracts) -> Iterator[Change]:
    """Yield the changes of all contracts; equal changes of several tables only once."""
    tables: dict[Change, list[str]] = {}
    for table in sorted({*old, *new}):
        for change in _compare_table(old.get(table), new.get(table)):
            tables.setdefault(change, []).append(table)
    for (text, is_breaking), names in tables.items():
        yield f"{', '.join(names)}: {text}", is_breaking


def _compare_table(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Iterator[Change]:
    if old is None or new is None:
        yield ("contract added", False) if old is None else ("contract removed", True)
        return
    gone = {name: facts["type"] for name, facts in old.items() if name not in new}
    come = {name: facts["type"] for name, facts in new.items() if name not in old}
    renamed = match_names(gone, come)
    for name, facts in old.items():
        if name in gone:
            yield f"{name} {f'renamed to {renamed[name]}' if name in renamed else 'removed'}", True
        yield from _compare_facts(name, facts, new.get(renamed.get(name, name), facts))
    for name in come:
        if name not in renamed.values():
            required = new[name]["required"]
            yield f"{name} added, {'required' if required else 'optional'}", required


def _compare_facts(column: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for fact in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(fact), new.get(fact)
        if before == after:
            continue
        if before is None or after is None:
            is_breaking = before is None or fact in MEANINGS
        else:
            is_breaking = not _is_wider(fact, before, after)
        place = fact if column == TABLE else f"{column} {fact}"
        yield f"{place} {_show(before)} -> {_show(after)}", is_breaking


def _is_wider(fact: str, before: Any, after: Any) -> bool:
    try:
        return fact in IS_WIDER and IS_WIDER[fact](before, after)
    except TypeError:  # a number and a date, because the column changed its type
        return False


def _show(value: Any) -> str:
    return "none" if value is None else str(value)
