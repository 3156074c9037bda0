"""Turn delivered dates and times into days and times of the operator's calendar.

In: text, dates, or timestamps with or without a time zone. Out: dates, or timestamps without a
zone. Every engine gives the same result, whatever the zone of its session.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from kedro_asof.engines import find_engine_of

DAY = r"\d{4}[-/]\d{1,2}[-/]\d{1,2}"
CLOCK = r"[T ]\d{1,2}:\d{2}(:\d{2}([.]\d+)?)?"
OFFSET = r"(Z|UTC|GMT|[+-]\d{2}(:?\d{2})?)"
LOCAL = rf"^\s*{DAY}({CLOCK})?\s*$"
WITH_OFFSET = rf"^\s*({DAY}{CLOCK})\s*{OFFSET}\s*$"
CLOCK_GROUP, OFFSET_GROUP = 1, 4  # of WITH_OFFSET
INSTANT = dt.Timestamp(timezone="UTC")


def cast_to_calendar(value: ir.Value, kind: dt.DataType, zone: str) -> ir.Value:
    """Return the day, or the local time, that a value is in a time zone.

    A value without a zone is taken as it is.

    Args:
        value: A date; a timestamp or text in ISO 8601, each with or without an offset.
        kind: A date, or a timestamp without a zone.
        zone: The IANA name of the operator's zone.

    Returns:
        A value of `kind`; null for text of another form.
    """
    engine = find_engine_of(value)
    if value.type().is_timestamp():
        return engine.to_local(value, zone).cast(kind)
    if value.type().is_date():
        return value.cast(kind)
    # Engines differ: as a day, DuckDB reads '2026-09-27 garbage' and Spark reads '2026'.
    local = ibis.ifelse(value.re_search(LOCAL), _unify_text(value), None).try_cast(INSTANT)
    instant = _read_with_offset(value).try_cast(INSTANT)
    return ibis.coalesce(
        engine.to_local(local, "UTC").cast(kind), engine.to_local(instant, zone).cast(kind)
    )


def _read_with_offset(text: ir.StringValue) -> ir.StringValue:
    """Return text with an offset in the form that every engine reads, null for other text."""
    clock = _unify_text(text.re_extract(WITH_OFFSET, CLOCK_GROUP))
    seconds = ibis.ifelse(clock.re_search(r":\d+:"), "", ":00")
    offset = text.re_extract(WITH_OFFSET, OFFSET_GROUP).re_replace("UTC|GMT", "Z")
    return ibis.ifelse(text.re_search(WITH_OFFSET), clock + seconds + offset, None)


def _unify_text(text: ir.StringValue) -> ir.StringValue:
    return text.strip().replace("/", "-")
