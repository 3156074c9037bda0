"""What `wandb.init` is told of a Kedro run: where it belongs, its parameters."""

import os
import secrets
import string
from collections.abc import Mapping
from typing import Any

from telco_churn.tracking.config import WandbConfig
from telco_churn.tracking.plain import is_written, unfold
from telco_churn.tracking.plan import Plan

ID_LETTERS = string.ascii_lowercase + string.digits  # as in W&B's own ids


def describe_run(
    plan: Plan, run_params: Mapping[str, Any], parameters: Mapping[str, Any], env: str
) -> dict[str, Any]:
    """Say what a run is.

    Args:
        plan: What to log.
        run_params: As Kedro hands them to hooks.
        parameters: All of the run's, typed or not.
        env: Kedro's environment.

    Returns:
        `project`, `entity`, `group`, `tags` and `config` for `wandb.init`.
    """
    pipelines = list(run_params.get("pipeline_names") or ["__default__"])
    tags = [*pipelines, *(run_params.get("tags") or []), env]
    run = {"env": env, "pipelines": pipelines, "runner": _name_runner(run_params)}
    values = {name: as_plain(value) for name, value in parameters.items()}
    return {
        "project": plan.config.project,
        "entity": plan.config.entity,
        "group": "+".join(pipelines),
        "tags": [str(tag)[:64] for tag in dict.fromkeys(tags)],  # W&B takes no longer ones
        "config": plan.redactor.redact(values) | {"kedro": run},
    }


def choose_id() -> str:
    """Return the id that a sweep has given to this run, or draw one."""
    return os.environ.get("WANDB_RUN_ID") or "".join(secrets.choice(ID_LETTERS) for _ in range(8))


def join_path(config: WandbConfig, run_id: str) -> str:
    """Name the run as `wandb.Api().run(...)` takes it."""
    return "/".join(part for part in (config.entity, config.project, run_id) if part)


def _name_runner(run_params: Mapping[str, Any]) -> str:
    """Kedro names a runner by its class, or by Python's words for an object of it."""
    return str(run_params.get("runner")).partition(" object at")[0].rpartition(".")[2]


def as_plain(value: Any) -> Any:
    """Turn models and dataclasses, at any depth, into what JSON knows; of others say the kind."""
    value = unfold(value)
    if isinstance(value, dict):
        return {str(name): as_plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [as_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value) if is_written(value) else type(value).__name__
