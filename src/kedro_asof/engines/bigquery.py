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


@ibis.udf.scalar.builtin(name="md5", signature=(("string",), "binary"))  # type: ignore[untyped-decorator]
def _md5(text: ibis.Value) -> ibis.Value:
    """Return the MD5 of a text as bytes."""


@ibis.udf.scalar.builtin(name="to_hex", signature=(("binary",), "string"))  # type: ignore[untyped-decorator]
def _to_hex(digest: ibis.Value) -> ibis.Value:
    """Write bytes in hexadecimal digits."""


class BigQueryEngine(Engine):
    """The operations on BigQuery."""

    def to_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the local time in a zone; a time without a zone is taken as it is."""
        return _to_local(at, zone) if at.type().timezone else at

    def from_local(self, at: ir.TimestampValue, zone: str) -> ir.TimestampValue:
        """Return the instant of a local time in a zone; a time with a zone is taken as it is."""
        return at if at.type().timezone else _from_local(at, zone)

    def digest(self, text: ir.StringValue) -> ir.StringValue:
        """Return the MD5 of a text in hexadecimal digits, the same on every engine."""
        return _to_hex(_md5(text))
