"""Checks before a run reads or writes anything: environment, parameters, date, runner."""

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
from kedro_asof.suggestions import describe_unknown

SCHEMAS = "schemas"  # the folder of conf/ with JSON schemas, which is not an environment


def check_environment(loader: OmegaConfigLoader) -> None:
    """Check that the environment has a configuration folder.

    Raises:
        WrongCallError: Names the environment and lists those that have a folder, or names the
            missing folder of all environments.
    """
    conf, env = Path(loader.conf_source), loader.env or loader.default_run_env
    if not conf.exists() and "://" not in str(loader.conf_source):
        raise WrongCallError(
            f"No configuration found: expected the folder {conf}. Run from the folder that "
            "contains it, or pass --conf-source."
        )
    if conf.is_dir() and (env == SCHEMAS or not (conf / env).is_dir()):
        folders = [each.name for each in conf.iterdir() if each.is_dir() and each.name[0] != "."]
        known = [name for name in folders if name != SCHEMAS]
        raise WrongCallError(
            f"{describe_unknown('environment', env, known)} Correct --env or KEDRO_ENV, or add the "
            f"folder to {conf}."
        )


def check_parameters(parameters: Mapping[str, Any], blocks: Mapping[str, type[BaseModel]]) -> None:
    """Check that every parameter belongs to a block and that the block allows its value.

    Kedro checks only the blocks that the chosen pipelines read; this function checks all blocks.

    Args:
        parameters: All parameters of a run, by block.
        blocks: The pydantic model of each block, by name.

    Raises:
        ParameterValidationError: Lists every unknown parameter or invalid value, in one line.
    """
    unknown = sorted(set(parameters) - set(blocks))
    if unknown:
        described = " ".join(describe_unknown("parameter", name, blocks) for name in unknown)
        raise ParameterValidationError(f"{described} Correct --params or the files in conf/.")
    for name, value in parameters.items():
        try:
            blocks[name].model_validate(value)
        except ValidationError as error:
            raise ParameterValidationError(_explain(name, blocks[name], error)) from error


def check_dates(conf_catalog: Mapping[str, Any], as_of: str) -> None:
    """Check that the catalog has the same date as the parameters.

    Args:
        conf_catalog: The catalog entries; those of dated tables have a key `as_of`.
        as_of: The parameter `as_of`, YYYY-MM-DD.

    Raises:
        ParameterValidationError: Names the first entry with another date, and both dates.
    """
    for name, entry in conf_catalog.items():
        found = str(entry.get("as_of", as_of)) if isinstance(entry, Mapping) else as_of
        if found != as_of:
            raise ParameterValidationError(
                f"Conflicting as_of: {as_of} in the parameters, {found} in the catalog entry "
                f"{name!r}. Pass --params as_of=YYYY-MM-DD or set as_of in globals.yml of the "
                "environment, and remove it from the other files in conf/."
            )


def check_runner(runner: str, pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Check that the runner can run the whole pipeline.

    Args:
        runner: The runner as Kedro passes it to hooks: a class name, or the `repr` of an object.
        pipeline: The nodes of the run.
        catalog: The catalog of the run.

    Raises:
        ParameterValidationError: Names the runner and the reason why it would fail.
    """
    reason = _explain_unfit_runner(runner, pipeline, catalog)
    if reason:
        name = "ThreadRunner" if "ThreadRunner" in runner else "ParallelRunner"
        raise ParameterValidationError(
            f"Cannot run this pipeline with {name}: {reason}. Remove --runner: the engine already "
            "uses all cores."
        )


def _explain(block: str, model: type[BaseModel], error: ValidationError) -> str:
    """Describe each fault: where it is, what was found and what is allowed."""
    faults = "; ".join(_describe_fault(block, model, fault) for fault in error.errors())
    end = "" if faults.endswith("?") else "."
    if block == "as_of":
        return f"{faults}{end} Pass --params as_of=2026-09-28 or set as_of in globals.yml."
    return f"{faults}{end} Correct --params or the block {block} in conf/."


def _describe_fault(block: str, model: type[BaseModel], fault: Mapping[str, Any]) -> str:
    name = ".".join([block, *(str(part) for part in fault["loc"])])
    if fault["type"] == "missing":
        return f"Missing parameter {name!r}"
    if fault["type"] == "extra_forbidden":
        if len(fault["loc"]) > 1:
            return f"Unknown parameter {name!r}"
        known = [f"{block}.{key}" for key in model.model_json_schema()["properties"]]
        return describe_unknown("parameter", name, known).removesuffix(".")
    message = fault["msg"].removeprefix("Value error, ").removesuffix(".")
    if isinstance(fault["input"], Mapping):  # a check across the keys of a block
        return f"{name}: {message}"
    return f"Invalid value {fault['input']!r} for {name}: {message}"


def _explain_unfit_runner(runner: str, pipeline: Pipeline, catalog: DataCatalog) -> str:
    if "ThreadRunner" in runner and _shares_engine(pipeline, catalog):
        return "its nodes share one connection to DuckDB, which runs one query at a time"
    if "ParallelRunner" in runner and not all(_is_portable(node) for node in pipeline.nodes):
        return "its nodes are closures over parameters and cannot be sent to other processes"
    return ""


def _shares_engine(pipeline: Pipeline, catalog: DataCatalog) -> bool:
    """Return whether nodes that may run at the same time use DuckDB."""
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
    except Exception:  # pickle raises any error that a part of the node raises
        return False
    return True
