"""Engines that run table expressions.

ibis generates the SQL of every engine. This package adds what differs between engines: connecting,
reading and writing files, and applying Python code to the rows of a table.
"""

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.common.exceptions import IbisError

from kedro_asof.engines.bigquery import BigQueryEngine
from kedro_asof.engines.engine import BatchFunction, Engine
from kedro_asof.engines.spark import SparkEngine

__all__ = ["BatchFunction", "connect", "find_engine", "find_engine_of", "map_batches"]

ENGINES: dict[str, Engine] = {"bigquery": BigQueryEngine(), "pyspark": SparkEngine()}


def find_engine(backend: str) -> Engine:
    """Return the `Engine` of an ibis backend name."""
    return ENGINES.get(backend, Engine())


def find_engine_of(expression: ir.Expr) -> Engine:
    """Return the `Engine` that holds the tables of an expression.

    Tables that are in no engine, and can only be compiled, get the default.
    """
    try:
        return find_engine(expression.get_backend().name)
    except IbisError:
        return Engine()


def connect(connection: Mapping[str, Any]) -> ibis.BaseBackend:
    """Connect to an engine.

    Args:
        connection: `backend`, the name of the engine in ibis, and the options of that engine.
    """
    return find_engine(connection["backend"]).connect(connection)


def map_batches(
    rows: ir.Table,
    function: BatchFunction,
    schema: pa.Schema,
    batch_rows: int | None = None,
) -> ir.Table | pa.RecordBatchReader:
    """Apply a function to every batch of rows when the result is read.

    Args:
        rows: An expression.
        function: A function from a batch to a batch of `schema`; Spark sends it to its executors.
        schema: Schema of the result.
        batch_rows: The maximum number of rows in a batch; None for the default of the engine.

    Returns:
        A stream of batches, or an expression on an engine that runs Python code (Spark).
    """
    return find_engine_of(rows).map_batches(rows, function, schema, batch_rows)
