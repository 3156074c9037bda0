"""BigQuery: functions that other engines have under another name."""

import ibis
import ibis.expr.types as ir

from kedro_asof.engines.engine import Engine


@ibis.udf.scalar.builtin(name="datetime", signature=(("timestamp('UTC')", "string"), "timestamp"))  # type: ignore[untyped-decorator]
def _to_local(instant: ibis.Value, zone: str) -> ibis.Value:
    """Convert an instant to the local time of a zone."""


@ibis.udf.scalar.builtin(name="timestamp", signature=(("timestamp", "string"), "timestamp('UTC')"))  # type: ignore[untyped-decorator]
def _from_local(local: ibis.Value, zone: str) -> ibis.Value:
    """Convert the local time of a zone to an instant."""


class BigQueryEngine(Engine):
    """The operations on BigQuery."""

    def to_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the local time in a zone; a time without a zone is taken as it is."""
        return _to_local(at, zone) if at.type().timezone else at

    def from_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the instant of a local time in a zone; a time with a zone is taken as it is."""
        return at if at.type().timezone else _from_local(at, zone)
