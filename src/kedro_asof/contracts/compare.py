"""Compare the contracts of two commits: which changes refuse tables that were accepted before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kedro_asof.contracts.similar_names import match_names

# By Pandera check: the rule it sets, its statistic, and the order among checks of the same bound,
# narrower checks last for a lower bound and first for an upper one.
BOUNDS = {
    "greater_than_or_equal_to": ("lower bound", "min_value", 0),
    "greater_than": ("lower bound", "min_value", 1),
    "less_than": ("upper bound", "max_value", 0),
    "less_than_or_equal_to": ("upper bound", "max_value", 1),
}
SIGNS = {("lower bound", 0): ">=", ("lower bound", 1): ">"}
SIGNS |= {("upper bound", 0): "<", ("upper bound", 1): "<="}
SHOWN_ALONE = ("lower bound", "upper bound", "allowed values")
Description = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A difference between two versions of a contract.

    Attributes:
        table: Name of the catalog entry.
        text: The difference, for example `segment: no longer allows ['business']`.
        is_breaking: Whether a table that was accepted before can now be refused.
    """

    table: str
    text: str
    is_breaking: bool


def compare_contracts(
    old: Mapping[str, Description], new: Mapping[str, Description]
) -> list[Change]:
    """Return the changes of all contracts, table by table."""
    return [
        Change(table, text, is_breaking)
        for table in [*old, *(name for name in new if name not in old)]
        for text, is_breaking in _compare_table(old.get(table), new.get(table))
    ]


def list_rules(checks: Description) -> list[str]:
    """Return the rules of a described column as text, for example `>= 0`."""
    return [
        _show(rule, value).strip() if rule in SHOWN_ALONE else f"{rule}{_show(rule, value)}"
        for rule, value in _flatten(checks).items()
    ]


def _compare_table(old: Description | None, new: Description | None) -> Iterator[tuple[str, bool]]:
    if old is None or new is None:
        yield ("contract added", False) if old is None else ("contract removed", True)
        return
    yield from _compare_columns(old["columns"], new["columns"])
    if old["key"] != new["key"]:
        yield f"key changed from {old['key']} to {new['key']}", True
    if old["strict"] != new["strict"]:
        yield f"other columns are {'refused' if new['strict'] else 'ignored'}", new["strict"]
    yield from _compare_checks(old["row_checks"], new["row_checks"], "row check ")


def _compare_columns(old: Description, new: Description) -> Iterator[tuple[str, bool]]:
    gone, come = set(old) - set(new), set(new) - set(old)
    renamed = match_names(
        {name: old[name]["type"] for name in old if name in gone},
        {name: new[name]["type"] for name in new if name in come},
    )
    for name, column in old.items():
        if name in renamed:
            yield f"{name}: renamed to {renamed[name]}", True
        elif name in gone:
            yield f"{name}: removed", True
        successor = new.get(renamed.get(name, name))
        if successor:
            yield from (
                (f"{name}: {text}", bad) for text, bad in _compare_column(column, successor)
            )
    for name, column in new.items():
        if name in come - set(renamed.values()):
            kind = "required" if column["required"] else "optional"
            yield f"{name}: new {kind} column ({column['type']})", column["required"]


def _compare_column(old: Description, new: Description) -> Iterator[tuple[str, bool]]:
    if old["type"] != new["type"]:
        yield f"type changed from {old['type']} to {new['type']}", True
    if old["nullable"] != new["nullable"]:
        yield f"may {'now' if new['nullable'] else 'no longer'} be empty", not new["nullable"]
    if old["required"] != new["required"]:
        yield f"now {'required' if new['required'] else 'optional'}", new["required"]
    if old["metadata"] != new["metadata"]:
        yield f"metadata changed from {old['metadata']} to {new['metadata']}", True
    yield from _compare_checks(_flatten(old["checks"]), _flatten(new["checks"]))


def _flatten(checks: Description) -> dict[str, Any]:
    """Return one entry per bound, with a value that compares with that of another version."""
    rules: dict[str, Any] = {}
    for name, statistics in checks.items():
        if name in BOUNDS:
            rule, bound, order = BOUNDS[name]
            rules[rule] = (statistics[bound], order)
        elif name == "isin":
            rules["allowed values"] = sorted(statistics["allowed_values"], key=str)
        elif name == "str_length":
            lengths = {"shortest text": "min_value", "longest text": "max_value"}
            rules |= {rule: statistics[key] for rule, key in lengths.items() if statistics.get(key)}
        else:
            rules[name] = statistics
    return rules


def _compare_checks(
    old: Description, new: Description, prefix: str = ""
) -> Iterator[tuple[str, bool]]:
    """Compare rules by name: an added or narrower rule is breaking, a removed or wider one not."""
    for rule in [*old, *(name for name in new if name not in old)]:
        before, after = old.get(rule), new.get(rule)
        if rule == "allowed values" and before and after:
            yield from _compare_values(before, after)
        elif rule not in old:
            shown = "" if prefix else _show(rule, after)
            yield f"{prefix}{rule} added{shown}", True
        elif rule not in new:
            yield f"{prefix}{rule} removed", False
        elif before != after:
            shown = "" if prefix else f" from{_show(rule, before)} to{_show(rule, after)}"
            yield f"{prefix}{rule} changed{shown}", not _is_wider(rule, before, after)


def _compare_values(old: list[Any], new: list[Any]) -> Iterator[tuple[str, bool]]:
    if lost := [value for value in old if value not in new]:
        yield f"no longer allows {lost}", True
    if more := [value for value in new if value not in old]:
        yield f"also allows {more}", False


def _is_wider(rule: str, before: Any, after: Any) -> bool:
    if rule in {"lower bound", "shortest text"}:
        return after < before
    if rule in {"upper bound", "longest text"}:
        return after > before
    return False


def _show(rule: str, value: Any) -> str:
    if isinstance(value, tuple):
        bound, order = value
        return f" {SIGNS[rule, order]} {bound}"
    return f" {value}"
