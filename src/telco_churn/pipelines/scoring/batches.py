"""Run a model on a batch of Arrow rows. Spark executors import this module: keep imports few."""

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
    """Return the key and the model's output for each row.

    Args:
        batch: The columns of `key`, and those that the model reads.
        run: `ChurnModel.predict` or `ChurnModel.explain`.
        model: The model.
        key: The columns that identify a row.
        schema: Schema of the result.
    """
    # One block per column reuses Arrow's memory; otherwise pandas would copy the batch.
    features = batch.select(model.encoding.columns).to_pandas(split_blocks=True)
    # Batches already run in parallel: more threads inside LightGBM would only slow them down.
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
