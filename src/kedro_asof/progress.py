"""Logs how far a long stream of rows is, how fast it goes and how long it will take."""

import logging
import time
from collections.abc import Iterator

import pyarrow as pa

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 10.0


def report_progress(
    batches: pa.RecordBatchReader,
    total: int,
    what: str = "rows",
    seconds_between: float = SECONDS_BETWEEN,
) -> pa.RecordBatchReader:
    """Let batches pass, and log progress now and then; what is over sooner says nothing.

    Args:
        batches: A stream.
        total: How many rows it will have.
        what: What is counted, for example `customers scored`.
        seconds_between: How often to say something at most.
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
                "%s of %s %s, %s a second, about %s min %02d s to go",
                *(f"{done:,}", f"{total:,}", what, f"{rate:,.0f}", minutes, seconds),
            )
