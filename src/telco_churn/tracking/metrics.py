"""Finds the numbers in whatever holds metrics.

In: a dictionary, nested as it likes, or a pandas Series. Out: numbers by name.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any


def read_metrics(values: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Flatten to numbers by name.

    Raises:
        ValueError: When there is something and none of it a number.
    """
    found = dict(_find_numbers(values, prefix))
    if values and not found:
        raise ValueError("it holds no number")
    return found


def _find_numbers(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        number = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
        if isinstance(number, Mapping):
            yield from _find_numbers(number, f"{prefix}{name}.")
        elif isinstance(number, bool | int | float) and not math.isinf(number):
            yield f"{prefix}{name}", number


def as_dictionary(data: Any) -> Mapping[str, Any]:
    """Return what can be looked up by name.

    Raises:
        TypeError: When nothing can.
    """
    is_frame = hasattr(data, "columns")  # its names would be those of its rows
    values = data.to_dict() if hasattr(data, "to_dict") and not is_frame else data
    if not isinstance(values, Mapping):
        raise TypeError(f"{type(data).__name__} is no dictionary of metrics")
    return values
