"""Aggregate the events of a week, so that windows which contain the week need not read its rows.

In: events and the declaration of their features. Out: one row per entity and day on which rows
became known. A row that was known by the end of its week counts as known on the last day of it.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from kedro_asof.engines.union import unite
from kedro_asof.tiles.log import FORMAT
from kedro_asof.windows.aggregate import (
    KNOWN_FROM,
    KNOWN_ON,
    WEEK_COLUMN,
    date_events,
    find_lengths,
    group_by_knowledge,
    list_later,
)
from kedro_asof.windows.declaration import WindowParams
from kedro_asof.windows.statistics import Kept, list_kept
from kedro_asof.windows.time_buckets import BUCKET, WEEK, Bucket, find_buckets, list_weeks


def summarize_weeks(
    events: ir.Table, window: WindowParams, entity: Sequence[str], weeks: Sequence[date]
) -> ir.Table:
    """Aggregate the events of some weeks.

    Args:
        events: One row per event.
        window: The declaration of the features.
        entity: The columns of the entity.
        weeks: The first day of each week, the earliest first.

    Returns:
        The columns of the entity; `week`; `known_on`; `known_from`, the date column from which the
        values are known, empty for the date of the event; and each aggregate of the declaration,
        null where its values are known from another column.
    """
    groups = _list_kept(window)
    kinds = _find_types(groups)
    buckets = [Bucket(week, week + WEEK) for week in weeks]
    key = [*entity, BUCKET, KNOWN_ON]
    parts = []
    for known_from, kept in groups.items():
        dated = date_events(events, entity, window.date, known_from, kept)
        days = find_buckets(dated, buckets)
        last = (days[BUCKET] + ibis.interval(days=6)).cast("date")
        is_late = bool(list_later(events, known_from))
        known_on = ibis.greatest(days[KNOWN_ON], last) if is_late else last
        days = days.mutate({KNOWN_ON: known_on})
        summed = days.group_by(key).agg(**{item.name: item.summarize(days) for item in kept})
        absent = {name: ibis.null(kind) for name, kind in kinds.items() if name not in summed}
        tile = summed.mutate(**absent, **{KNOWN_FROM: ibis.literal(known_from or "")})
        parts.append(tile.select(*key, KNOWN_FROM, *kinds).rename({WEEK_COLUMN: BUCKET}))
    return unite(parts)


def list_tile_weeks(dates: Sequence[date], window: WindowParams, weekday: int) -> list[date]:
    """List the first days of the weeks that dates read and no window cuts.

    Args:
        dates: The values of `as_of`.
        window: The declaration of the features.
        weekday: The first day of a week: 0 is Monday.
    """
    groups = group_by_knowledge(window.list_features(""), window)
    found = [list_weeks(dates, find_lengths(group), weekday) for group in groups.values()]
    return sorted({week for weeks in found for week in weeks})


def digest_tiles(
    events: ir.Table, window: WindowParams, entity: Sequence[str], weekday: int
) -> str:
    """Return a digest of everything but the rows on which the content of tiles depends."""
    groups = _list_kept(window)
    columns = {window.date, *(item.column for kept in groups.values() for item in kept)}
    columns |= {column for known_from in groups for column in list_later(events, known_from)}
    kinds = events.schema()
    content = {
        "format": FORMAT,
        "weekday": weekday,
        "entity": list(entity),
        "date": window.date,
        "columns": {name: str(kinds[name].copy(nullable=True)) for name in sorted(columns)},
        "kept": {known or "": [item.name for item in kept] for known, kept in groups.items()},
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _list_kept(window: WindowParams) -> dict[str | None, list[Kept]]:
    groups = group_by_knowledge(window.list_features(""), window)
    return {known: sorted(list_kept(group), key=_name) for known, group in groups.items()}


def _find_types(groups: dict[str | None, list[Kept]]) -> dict[str, str]:
    """Return the type of each aggregate, by name."""
    kinds = {"last": "date", "days": "int64"}
    return {item.name: kinds.get(item.what, "float64") for kept in groups.values() for item in kept}


def _name(kept: Kept) -> str:
    return kept.name
