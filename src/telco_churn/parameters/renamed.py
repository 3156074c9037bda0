"""Renamed parameters. A run that uses an old name fails, until version 1.0."""

from collections.abc import Iterator, Mapping
from typing import Any

from kedro_asof.errors import WrongCallError

# New names by old name; a name is a parameter or a block of parameters.
RENAMED = {
    "training.gate": "gate",
    "training.leakage": "leakage",
    "training.lightgbm": "lightgbm",
    "training.tuning": "tuning",
}


def find_renamed(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Find parameters that are set under an old name.

    Args:
        parameters: Blocks by name, from the configuration and `--params`.

    Returns:
        The new name of each parameter by its old one: `{"training.gate.required_gain":
        "gate.required_gain"}`.
    """
    return {
        name: new + name.removeprefix(old)
        for name in _list_names(parameters)
        for old, new in RENAMED.items()
        if name == old or name.startswith(f"{old}.")
    }


def refuse_renamed(parameters: Mapping[str, Any]) -> None:
    """Stop a run that sets a parameter under an old name.

    Raises:
        WrongCallError: Lists each old name with its new name.
    """
    renamed = [f"{old} is now {new}" for old, new in find_renamed(parameters).items()]
    if renamed:
        raise WrongCallError(
            f"Renamed parameters: {', '.join(renamed)}. Use the new names in --params and conf/."
        )


def _list_names(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the dotted name of every value."""
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and value:
            yield from _list_names(value, f"{name}.")
        else:
            yield name
