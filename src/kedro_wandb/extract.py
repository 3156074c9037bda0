"""Extraction of events from saved data: metrics, tables, charts and pictures.

In: a saved dataset and its `LogSpec`. Out: events, redacted and within the limits. The code runs in
the process that holds the data, and imports no library of frames or figures.
"""

import io
import itertools
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro_wandb.event_queue import Chart, Event, Metrics, Picture, Table
from kedro_wandb.log_specs import PICTURES, LogImage, LogMetrics, LogPlot, LogTable
from kedro_wandb.run_config import Plan
from kedro_wandb.serialize import as_cell

DOTS_PER_INCH = (120, 72, 40)  # tried in this order until the picture is small enough


def extract_events(plan: Plan, name: str, data: Any) -> Iterator[Event]:
    """Yield the events of a saved dataset; none if the dataset has no spec.

    Raises:
        TypeError: If the type of the data does not match the spec.
        ValueError: If nothing is left to log, or a picture is too large.
    """
    spec, limits = plan.specs.get(name), plan.config.limits
    if isinstance(spec, LogMetrics):
        _refuse_secret_labels(plan, data, "index")
        values = _read_metrics(plan.redactor.redact(_as_mapping(data)), spec.prefix)
        if values:
            yield Metrics(values)
    elif isinstance(spec, LogTable):
        yield _read_table(plan, name, data, min(spec.rows or limits.table_rows, limits.table_rows))
    elif isinstance(spec, LogPlot):
        yield _read_chart(plan, name, data, spec)
    elif isinstance(spec, LogImage):
        location = plan.locations.get(name)
        file = location.find_file() if location else None
        for part, content in _read_pictures(name, data, file, limits.image_bytes):
            yield Picture(part, content, _find_suffix(content), spec.caption)


def read_rows(data: Any, limit: int, text_length: int) -> tuple[list[Any], list[list[Any]]]:
    """Return the column names, which may be tuples, and the first rows as plain values.

    The index of a frame is left out.

    Args:
        data: A pandas or polars frame, an Arrow table, an ibis expression, a list of dictionaries,
            or a dictionary of columns.
        limit: Maximum number of rows.
        text_length: Maximum number of characters in a text.

    Raises:
        TypeError: If `data` is not a table, or a cell holds an object that cannot be redacted.
    """
    columns, rows = _take_rows(data, limit)
    return columns, [[as_cell(value, text_length) for value in row] for row in rows]


def count_rows(data: Any) -> int | None:
    """Count the rows of a table in memory; None if counting would run a query."""
    if hasattr(data, "to_pyarrow"):  # an ibis expression
        return None
    if hasattr(data, "num_rows"):
        return int(data.num_rows)
    if hasattr(data, "columns") and hasattr(data, "__len__"):
        return len(data)
    return None


def _refuse_secret_labels(plan: Plan, data: Any, axis: str) -> None:
    """Reject data with redacted values as labels: labels become names, which are logged."""
    for name in getattr(getattr(data, axis, None), "names", None) or ():
        if plan.redactor.keeps_back(name):
            raise ValueError(f"the name of its {axis} is {name!r}, which wandb.yml redacts")


def _as_mapping(data: Any) -> Mapping[str, Any]:
    is_frame = hasattr(data, "columns")  # its row labels would become names of metrics
    values = data.to_dict() if hasattr(data, "to_dict") and not is_frame else data
    if not isinstance(values, Mapping):
        raise TypeError(f"expected a dictionary of metrics, found {type(data).__name__}")
    return values


def _read_metrics(values: Mapping[str, Any], prefix: str) -> dict[str, float]:
    found = dict(_find_numbers(values, prefix))
    if values and not found:
        raise ValueError("no number found")
    return found


def _find_numbers(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, float]]:
    for name, value in values.items():
        number = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
        if isinstance(number, Mapping):
            yield from _find_numbers(number, f"{prefix}{name}.")
        elif isinstance(number, bool | int | float) and not math.isinf(number):
            yield f"{prefix}{name}", number


def _read_table(plan: Plan, name: str, data: Any, rows: int) -> Table:
    _refuse_secret_labels(plan, data, "columns")
    columns, values = read_rows(data, rows, plan.config.limits.text_length)
    columns, values = plan.redactor.redact_rows(columns, values)
    if not columns:
        raise ValueError("no column is left after redaction")
    return Table(name, columns, values)


def _read_chart(plan: Plan, name: str, data: Any, spec: LogPlot) -> Chart:
    table = _read_table(plan, name, data, plan.config.limits.table_rows)
    for column in (spec.x, spec.y):
        if column and column not in table.columns:
            raise ValueError(f"column {column!r} not found, available are {table.columns}")
    return Chart(table, spec.kind, spec.x, spec.y, spec.title or name)


def _take_rows(data: Any, limit: int) -> tuple[list[Any], list[tuple[Any, ...]]]:
    if hasattr(data, "iloc") and hasattr(data, "columns"):  # pandas
        head = data.iloc[:limit]
        return list(head.columns), list(head.itertuples(index=False, name=None))
    if hasattr(data, "to_pyarrow") and hasattr(data, "limit"):  # ibis
        return _take_rows(data.limit(limit).to_pyarrow(), limit)
    if hasattr(data, "to_pydict") and hasattr(data, "slice"):  # Arrow
        values = data.slice(0, limit).to_pydict()
        return list(values), list(zip(*values.values(), strict=True))
    if hasattr(data, "iter_rows") and hasattr(data, "head"):  # polars
        return list(data.columns), list(data.head(limit).iter_rows())
    if isinstance(data, Mapping) and all(isinstance(column, list) for column in data.values()):
        return list(data), list(itertools.islice(zip(*data.values(), strict=True), limit))
    if isinstance(data, list) and all(isinstance(row, Mapping) for row in data):
        records = data[:limit]
        columns = list(dict.fromkeys(name for row in records for name in row))
        return columns, [tuple(row.get(name) for name in columns) for row in records]
    raise TypeError(f"expected a table, found {type(data).__name__}")


def _read_pictures(
    name: str, data: Any, file: Path | None, limit: int
) -> Iterator[tuple[str, bytes]]:
    """Yield each picture with its name.

    A picture file that was just saved is read back: drawing a figure again takes 0.3 seconds.
    """
    if file and file.suffix.lower() in PICTURES and file.is_file() and file.stat().st_size <= limit:
        yield name, file.read_bytes()
    elif isinstance(data, Mapping):
        for part, figure in data.items():
            yield f"{name}/{part}", _draw(figure, limit)
    elif isinstance(data, list | tuple):
        for number, figure in enumerate(data):
            yield f"{name}/{number}", _draw(figure, limit)
    else:
        yield name, _draw(data, limit)


def _draw(figure: Any, limit: int) -> bytes:
    if not hasattr(figure, "savefig"):
        raise TypeError(f"expected a Matplotlib figure, found {type(figure).__name__}")
    for dots_per_inch in DOTS_PER_INCH:
        drawn = io.BytesIO()
        figure.savefig(drawn, format="png", dpi=dots_per_inch)
        if len(drawn.getvalue()) <= limit:
            return drawn.getvalue()
    raise ValueError(f"its {len(drawn.getvalue()):,} bytes exceed limits.image_bytes ({limit:,})")


def _find_suffix(content: bytes) -> str:
    """Detect the encoding of a picture from its first bytes."""
    starts = {b"\xff\xd8": ".jpg", b"GIF8": ".gif"}
    return next((suffix for start, suffix in starts.items() if content.startswith(start)), ".png")
