"""Scores a batch of Arrow rows. Executors import this, so it imports little."""

from datetime import datetime

import pandas as pd
import pyarrow as pa

from telco_churn.model.encoding import cast_to_signature
from telco_churn.model.registered import ModelVersion


def score_batch(
    batch: pa.RecordBatch,
    champion: ModelVersion,
    clock: datetime,
    key: list[str],
    schema: pa.Schema,
) -> pa.RecordBatch:
    """Score the customers of a batch.

    Args:
        batch: The columns of `key`, and those that the champion reads.
        champion: The model.
        clock: When the run scored.
        key: What tells rows apart.
        schema: Of the scores.
    """
    frame = batch.to_pandas()
    scores = champion.predict(cast_to_signature(frame[champion.columns]))
    rows = pd.concat([frame[key], scores], axis="columns").assign(
        model_version=champion.version, run_id=champion.run_id, scored_at=clock
    )
    return pa.RecordBatch.from_pandas(rows, schema, preserve_index=False)
