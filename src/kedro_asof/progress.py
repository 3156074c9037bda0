"""Says how far a long stream of customers is, how fast it goes and how long it will take."""

import logging
import time
from collections.abc import Iterator

import pyarrow as pa

logger = logging.getLogger(__name__)

SECONDS_BETWEEN = 10.0


def report_progress(
    batches: pa.RecordBatchReader,
    customers: int,
    verb: str = "Scored",
    seconds_between: float = SECONDS_BETWEEN,
) -> pa.RecordBatchReader:
    """Let batches pass, and log progress now and then; what is over sooner says nothing.

    Args:
        batches: A stream.
        customers: How many rows it will have.
        verb: What was done to those that have passed.
        seconds_between: How often to say something at most.
    """
    return pa.RecordBatchReader.from_batches(
        batches.schema, _watch(batches, customers, verb, seconds_between)
    )


def _watch(
    batches: pa.RecordBatchReader, customers: int, verb: str, seconds_between: float
) -> Iterator[pa.RecordBatch]:
    started = last = time.monotonic()
    done = 0
    for batch in batches:
        done += len(batch)
        yield batch
        now = time.monotonic()
        if now - last >= seconds_between and done < customers:
            last, rate = now, done / (now - started)
            minutes, seconds = divmod(round((customers - done) / rate), 60)
            logger.info(
                "%s %s of %s customers, %s a second, about %s min %02d s to go",
                *(verb, f"{done:,}", f"{customers:,}", f"{rate:,.0f}", minutes, seconds),
            )
