"""Where table expressions run, and the little that each engine does in its own way.

ibis writes the SQL of every engine. What it leaves open is here: how to connect, how to read files,
and how Python code goes over the rows of a table.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from kedro_asof.engines.engine import BatchFunction, Engine
from kedro_asof.engines.spark import SparkEngine

__all__ = ["BatchFunction", "connect", "find_engine", "map_batches"]

ENGINES: dict[str, Engine] = {"pyspark": SparkEngine()}


def find_engine(backend: str) -> Engine:
    """Find the ways of an engine by the name that ibis has for it."""
    return ENGINES.get(backend, Engine())


def connect(connection: Mapping[str, Any]) -> ibis.BaseBackend:
    """Connect to an engine.

    Args:
        connection: `backend`, ibis' name of the engine, and what that engine is to be told.
    """
    return find_engine(connection["backend"]).connect(connection)


def map_batches(
    rows: ir.Table,
    function: BatchFunction,
    schema: pa.Schema,
    batch_rows: int | None = None,
) -> ir.Table | pa.RecordBatchReader:
    """Apply a function to every batch of rows, when the result is read.

    Args:
        rows: An expression.
        function: Takes a batch, gives a batch of `schema`; Spark sends it to its executors.
        schema: Of the result.
        batch_rows: How many rows a batch of an expression may have.

    Returns:
        A stream; on an engine that runs Python code itself, an expression.
    """
    return find_engine(rows.get_backend().name).map_batches(rows, function, schema, batch_rows)
