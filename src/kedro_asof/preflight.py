"""Checks of a run before anything is read or made: environment, parameters, date, runner."""

from collections.abc import Mapping
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from kedro.config import OmegaConfigLoader
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.validation import ParameterValidationError
from pydantic import BaseModel, ValidationError

from kedro_asof.datasets.engine_table import EngineStep, EngineTable
from kedro_asof.errors import WrongCallError


def check_environment(loader: OmegaConfigLoader) -> None:
    """Refuse an environment without a folder of configuration.

    Raises:
        WrongCallError: Lists those that have one.
    """
    conf, env = Path(loader.conf_source), loader.env or loader.default_run_env
    if conf.is_dir() and not (conf / env).is_dir():
        known = sorted(folder.name for folder in conf.iterdir() if folder.is_dir())
        raise WrongCallError(
            f"There is no environment {env!r}: {conf} has {known}. Correct --env or KEDRO_ENV."
        )


def check_parameters(parameters: Mapping[str, Any], blocks: Mapping[str, type[BaseModel]]) -> None:
    """Refuse parameters that nothing reads, and values that a block does not allow.

    Kedro checks the blocks that the chosen pipelines read; this checks all of them.

    Args:
        parameters: All parameters of a run, by block.
        blocks: By name of a block its model.

    Raises:
        ParameterValidationError: Names each fault, in one line.
    """
    unknown = sorted(set(parameters) - set(blocks))
    if unknown:
        raise ParameterValidationError(
            f"Unknown parameters {unknown}; there are {sorted(blocks)}. Correct --params or the "
            "files in conf/."
        )
    for name, value in parameters.items():
        try:
            blocks[name].model_validate(value)
        except ValidationError as error:
            raise ParameterValidationError(_explain(name, error)) from error


def check_dates(conf_catalog: Mapping[str, Any], as_of: str) -> None:
    """Refuse a catalog whose folders are of another date than the nodes of a run.

    Args:
        conf_catalog: The entries of the catalog; those of dated tables have a key `as_of`.
        as_of: The parameter `as_of`, YYYY-MM-DD.

    Raises:
        ParameterValidationError: Names an entry and both dates.
    """
    for name, entry in conf_catalog.items():
        found = str(entry.get("as_of", as_of)) if isinstance(entry, Mapping) else as_of
        if found != as_of:
            raise ParameterValidationError(
                f"as_of is {as_of} in the parameters and {found} in the catalog, at {name}. Set "
                "it by --params as_of=YYYY-MM-DD, or in globals.yml of the environment: both read "
                "it from there. Take it out of the other files in conf/."
            )


def check_runner(runner: str, pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Refuse a runner that would fail half-way.

    Args:
        runner: As Kedro names it to hooks: by its class, or by Python's words for an object of it.
        pipeline: The nodes of the run.
        catalog: The catalog of the run.

    Raises:
        ParameterValidationError: Says why the runner cannot run this pipeline.
    """
    reason = _explain_unfit_runner(runner, pipeline, catalog)
    if reason:
        name = "ThreadRunner" if "ThreadRunner" in runner else "ParallelRunner"
        raise ParameterValidationError(
            f"{name} cannot run this pipeline: {reason}. Leave out --runner: the engine uses all "
            "cores by itself."
        )


def _explain(block: str, error: ValidationError) -> str:
    """Say in one line a fault what is where, and what is allowed."""
    faults = [
        f"{'.'.join([block, *(str(part) for part in fault['loc'])])} is {fault['input']!r}: "
        f"{fault['msg'].removeprefix('Value error, ').removesuffix('.')}"
        for fault in error.errors()
    ]
    return "; ".join(faults) + f". Correct --params or the block {block} in conf/."


def _explain_unfit_runner(runner: str, pipeline: Pipeline, catalog: DataCatalog) -> str:
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
