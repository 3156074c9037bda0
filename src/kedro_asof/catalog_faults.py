"""Find the first catalog entry whose dataset or contract cannot be made.

Kedro makes datasets one by one while a run starts; its errors name neither the wrong key nor the
name that was meant. This module reads the entries again, after such an error.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import Any

from kedro.io import AbstractDataset

from kedro_asof.suggestions import suggest

OF_KEDRO = ("type", "versioned", "metadata", "validator", "credentials")
PACKAGES = ("", "kedro.io.", "kedro_datasets.")  # as Kedro completes the name of a type


def find_catalog_fault(entries: Mapping[str, Any]) -> str | None:
    """Describe the first faulty entry; None if there is none.

    Args:
        entries: The catalog of an environment, by dataset.
    """
    for name, entry in entries.items():
        if not name.startswith("_") and (fault := _find_fault(entry)):
            return f"Invalid catalog entry {name!r}: {fault}"
    return None


def _find_fault(entry: Any) -> str | None:
    if not isinstance(entry, Mapping) or "type" not in entry:
        return "it has no key `type`."
    found = None
    for prefix in PACKAGES:
        found = found or _load(f"{prefix}{entry['type']}")
    if not isinstance(found, type):
        return _describe_unknown_class("type", entry["type"], AbstractDataset)
    if unknown := _find_unknown_key(found, entry):
        return unknown
    validator = entry.get("validator")
    path = validator.get("class") if isinstance(validator, Mapping) else validator
    if path and _load(path) is None:
        return _describe_unknown_class("validator", path, object)
    return None


def _load(path: str) -> Any:
    module, _, name = path.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name, None) if module else None
    except ImportError:
        return None


def _describe_unknown_class(key: str, path: str, base: type) -> str:
    """Describe a dotted path that leads to no class, with the nearest name."""
    module, _, name = path.rpartition(".")
    for prefix in PACKAGES:
        try:
            found = importlib.import_module(f"{prefix}{module}".strip("."))
        except ImportError:
            continue
        classes = [
            each
            for each, value in vars(found).items()
            if isinstance(value, type) and issubclass(value, base)
        ]
        return f"unknown {key} {path!r}.{suggest(name, classes)}"
    return f"unknown {key} {path!r}.{_suggest_module(module)}"


def _suggest_module(module: str) -> str:
    parent, _, name = module.rpartition(".")
    try:
        places = importlib.import_module(parent).__path__ if parent else []
    except (ImportError, AttributeError):
        return ""
    return suggest(name, [each.name for each in pkgutil.iter_modules(places)])


def _find_unknown_key(dataset: type, entry: Mapping[str, Any]) -> str | None:
    """Describe a key that no `__init__` of the class has; None for an entry that works."""
    try:
        AbstractDataset.from_config("entry", {**entry})
    except Exception:  # Kedro wraps whatever the class raises
        return _name_unknown_key(dataset, entry)
    return None


def _name_unknown_key(dataset: type, entry: Mapping[str, Any]) -> str | None:
    known: set[str] = set()
    for owner in dataset.__mro__:
        parameters = inspect.signature(owner.__init__).parameters.values()  # type: ignore[misc]
        known |= {each.name for each in parameters}
        if not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
            break
    known -= {"self", "args", "kwargs", "options"}
    unknown = [key for key in entry if key not in known and key not in OF_KEDRO]
    if not unknown:
        return None
    listed = sorted({*known, "type"})
    return f"unknown key {unknown[0]!r}.{suggest(unknown[0], listed)} Expected some of {listed}."
