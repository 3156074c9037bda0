"""Runs a model over a batch of Arrow rows. Executors import this, so it imports little."""

from collections.abc import Callable
from functools import cache

import pandas as pd
import pyarrow as pa
from threadpoolctl import ThreadpoolController

from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.encoding import cast_to_signature

Run = Callable[[ChurnModel, pd.DataFrame], pd.DataFrame]


def run_on_batch(
    batch: pa.RecordBatch, run: Run, model: ChurnModel, key: list[str], schema: pa.Schema
) -> pa.RecordBatch:
    """Put what a model says of each row beside its key.

    Args:
        batch: The columns of `key`, and those that the model reads.
        run: `ChurnModel.predict` or `ChurnModel.explain`.
        model: The model.
        key: What tells rows apart.
        schema: Of the result.
    """
    # A column a block is what Arrow has already; else pandas would copy the batch.
    features = batch.select(model.encoding.columns).to_pandas(split_blocks=True)
    # Batches run beside each other: threads of LightGBM's own would only get in their way.
    with _find_threads().limit(limits=1, user_api="openmp"):
        result = run(model, cast_to_signature(features))
    columns = {name: batch[name] for name in key} | dict(result.items())
    return pa.RecordBatch.from_arrays(
        [pa.array(columns[field.name], field.type, from_pandas=True) for field in schema],
        schema=schema,
    )


@cache
def _find_threads() -> ThreadpoolController:
    return ThreadpoolController()
