"""Show the progress of a long stream in the log, and that of long queries on stderr."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
import ibis
import pyarrow as pa

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 10.0


def report_progress(
    batches: pa.RecordBatchReader,
    total: int,
    what: str = "rows",
    seconds_between: float = SECONDS_BETWEEN,
) -> pa.RecordBatchReader:
    """Pass batches on unchanged, and log progress; a short stream logs nothing.

    Args:
        batches: A stream.
        total: The number of rows in the stream.
        what: A phrase for the rows in the log, for example `customers scored`.
        seconds_between: The minimum time between two log lines, in seconds.
    """
    return pa.RecordBatchReader.from_batches(
        batches.schema, _watch(batches, total, what, seconds_between)
    )


def _watch(
    batches: pa.RecordBatchReader, total: int, what: str, seconds_between: float
) -> Iterator[pa.RecordBatch]:
    started = last = time.monotonic()
    done = 0
    for batch in batches:
        done += len(batch)
        yield batch
        now = time.monotonic()
        if now - last >= seconds_between and done < total:
            last, rate = now, done / (now - started)
            minutes, seconds = divmod(round((total - done) / rate), 60)
            logger.info(
                "%s of %s %s, %s per second, about %s min %02d s left.",
                *(f"{done:,}", f"{total:,}", what, f"{rate:,.0f}", minutes, seconds),
            )


@contextmanager
def watch_queries(engine: ibis.BaseBackend, what: str) -> Iterator[None]:
    """Print to stderr how long queries run, and the share of the current one if DuckDB runs it.

    Queries that end within `SECONDS_BETWEEN` print nothing.
    """
    ended, started = threading.Event(), time.monotonic()
    if engine.name == "duckdb":
        engine.raw_sql("SET enable_progress_bar = true")
        engine.raw_sql("SET enable_progress_bar_print = false")

    def watch() -> None:
        while not ended.wait(SECONDS_BETWEEN):
            share = engine.con.query_progress() if engine.name == "duckdb" else -1
            shown = f", {share:.0f} % of this query" if share >= 0 else ""
            click.echo(f"{what}: {time.monotonic() - started:.0f} s{shown}.", err=True)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()  # a line that is being printed must not follow the result
