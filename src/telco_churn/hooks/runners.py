"""Which of Kedro's runners can run a pipeline of this project."""

from multiprocessing.reduction import ForkingPickler
from typing import Any

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from kedro_asof.datasets.engine_table import EngineStep, EngineTable


def explain_unfit_runner(runner: str, pipeline: Pipeline, catalog: DataCatalog) -> str:
    """Say why a runner cannot run a pipeline; nothing where it can.

    Args:
        runner: As Kedro names it to hooks: by its class, or by Python's words for an object of it.
        pipeline: What is asked for.
        catalog: Of the run.
    """
    if "ThreadRunner" in runner and _shares_engine(pipeline, catalog):
        return "its nodes share one connection to DuckDB, which answers one at a time"
    if "ParallelRunner" in runner and not all(_is_portable(node) for node in pipeline.nodes):
        return "its nodes are made for the parameters and cannot be sent to other processes"
    return ""


def _shares_engine(pipeline: Pipeline, catalog: DataCatalog) -> bool:
    """Whether nodes that do not wait for each other use DuckDB."""
    in_engine = {name for name in pipeline.datasets() if _is_in_duckdb(catalog.get(name))}
    users = [node for node in pipeline.nodes if in_engine & {*node.inputs, *node.outputs}]
    return len(users) > 1 and any(len(group) > 1 for group in pipeline.grouped_nodes)


def _is_in_duckdb(dataset: Any) -> bool:
    return (
        isinstance(dataset, EngineTable | EngineStep)
        and dataset._connection_config["backend"] == "duckdb"
    )


def _is_portable(node: Any) -> bool:
    try:
        ForkingPickler.dumps(node)
    except Exception:  # pickle raises whatever a part of the node raises
        return False
    return True
