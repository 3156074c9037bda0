"""Makes events of what a dataset holds: what its entry asks for, redacted and within the limits.

Runs in whichever process holds the data.
"""

from collections.abc import Iterator
from typing import Any

from telco_churn.tracking.entries import LogImage, LogMetrics, LogPlot, LogTable
from telco_churn.tracking.events import Chart, Event, Metrics, Picture, Table
from telco_churn.tracking.frames import read_rows
from telco_churn.tracking.metrics import as_dictionary, read_metrics
from telco_churn.tracking.pictures import find_suffix, read_pictures
from telco_churn.tracking.plan import Plan


def describe_saved(plan: Plan, name: str, data: Any) -> Iterator[Event]:
    """Make events of a saved dataset; none where nobody asks for it.

    Raises:
        TypeError: When it holds something else than its entry says.
        ValueError: When nothing of it may be logged.
    """
    entry, limits = plan.entries.get(name), plan.config.limits
    if isinstance(entry, LogMetrics):
        _refuse_labels(plan, data, "index")
        values = read_metrics(plan.redactor.redact(as_dictionary(data)), entry.prefix)
        if values:
            yield Metrics(values)
    elif isinstance(entry, LogTable):
        yield _read_table(plan, name, data, min(entry.rows or limits.table_rows, limits.table_rows))
    elif isinstance(entry, LogPlot):
        yield _read_chart(plan, name, data, entry)
    elif isinstance(entry, LogImage):
        place = plan.places.get(name)
        file = place.find_file() if place else None
        for part, content in read_pictures(name, data, file, limits.image_bytes):
            yield Picture(part, content, find_suffix(content), entry.caption)


def _refuse_labels(plan: Plan, data: Any, axis: str) -> None:
    """Refuse a frame whose labels are what is kept back: they would become names."""
    for name in getattr(getattr(data, axis, None), "names", None) or ():
        if plan.redactor.keeps_back(name):
            raise ValueError(f"its {axis} is {name}, which is kept back")


def _read_table(plan: Plan, name: str, data: Any, rows: int) -> Table:
    _refuse_labels(plan, data, "columns")
    columns, values = read_rows(data, rows, plan.config.limits.text_length)
    columns, values = plan.redactor.redact_rows(columns, values)
    if not columns:
        raise ValueError("none of its columns may be logged")
    return Table(name, columns, values)


def _read_chart(plan: Plan, name: str, data: Any, entry: LogPlot) -> Chart:
    table = _read_table(plan, name, data, plan.config.limits.table_rows)
    for column in (entry.x, entry.y):
        if column and column not in table.columns:
            raise ValueError(f"it has no column {column!r} to plot; there are {table.columns}")
    return Chart(table, entry.kind, entry.x, entry.y, entry.title or name)
