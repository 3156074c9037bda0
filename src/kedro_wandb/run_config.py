"""Describes a run before it starts.

In: `wandb.yml`, the pipeline, the catalog, the parameters, the project's folder. Out: a `Plan` of
what to log, and the arguments of `wandb.init`, which hold the run's config.
"""

import os
import platform
import secrets
import string
import subprocess
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from kedro.io.core import is_parameter
from kedro.pipeline import Pipeline
from pydantic import Field

from kedro_wandb.config import WandbConfig
from kedro_wandb.event_queue import Reference
from kedro_wandb.lineage import (
    Location,
    find_location,
    refer_to_described,
    refer_to_location,
    unwrap,
)
from kedro_wandb.log_specs import FrozenModel, LogArtifact, LogSpec, find_spec
from kedro_wandb.redaction import Redactor, fix_salt
from kedro_wandb.serialize import as_plain

ID_LETTERS = string.ascii_lowercase + string.digits  # as in W&B's own ids
TAG_LENGTH = 64  # W&B takes no longer tags
GIT_SECONDS = 5  # a repository on a slow disk is not worth more


class Plan(FrozenModel):
    """What to log in this run; its JSON goes to other processes.

    Attributes:
        config: `wandb.yml`, with the salt of this run.
        specs: What to log, by dataset.
        locations: Where datasets are kept, by dataset.
        inputs: Datasets that the pipeline reads and does not make.
        project: The project's folder.
        describers: Datasets with a method `describe_place()`. Other processes have their own
            copies of them, which know nothing of this run: they are left out of the JSON.
    """

    config: WandbConfig
    specs: dict[str, LogSpec]
    locations: dict[str, Location]
    inputs: frozenset[str]
    project: Path
    describers: dict[str, Any] = Field(default_factory=dict, exclude=True)

    @cached_property
    def redactor(self) -> Redactor:
        """The redactor of `config.redact`."""
        return Redactor(self.config.redact)

    def refer_to(self, name: str, is_input: bool) -> Reference | None:
        """Make a reference to a dataset that was just loaded (`is_input`) or saved.

        Returns:
            None for a dataset that is kept nowhere, or is not part of the lineage.

        Raises:
            ValueError: When its entry asks to upload a file that may not be.
        """
        spec = self.specs.get(name)
        asked = spec if isinstance(spec, LogArtifact) else None
        if not asked and not any(fnmatchcase(name, glob) for glob in self.config.lineage):
            return None
        if name in self.describers:
            return refer_to_described(self.describers[name].describe_place(), is_input, asked)
        if name not in self.locations:
            return None
        location = self.locations[name]
        return refer_to_location(name, location, is_input, asked, self.config.limits, self.project)


def make_plan(config: WandbConfig, pipeline: Pipeline, catalog: Any, project: Path) -> Plan:
    """Ask the catalog about each dataset of a pipeline, those of factories included.

    Raises:
        ParameterValidationError: When an entry asks for something unknown.
    """
    datasets = {name: catalog.get(name) for name in pipeline.datasets() if not is_parameter(name)}
    inputs = pipeline.inputs() & set(datasets)
    specs = {
        name: find_spec(name, getattr(dataset, "metadata", None), config.datasets)
        for name, dataset in datasets.items()
    }
    inner = {name: unwrap(dataset) for name, dataset in datasets.items()}
    describers = {name: each for name, each in inner.items() if hasattr(each, "describe_place")}
    locations = {
        name: find_location(dataset, name in inputs)
        for name, dataset in datasets.items()
        if name not in describers
    }
    return Plan(
        config=config.model_copy(update={"redact": fix_salt(config.redact)}),
        specs={name: spec for name, spec in specs.items() if spec},
        locations={name: location for name, location in locations.items() if location},
        inputs=frozenset(inputs),
        project=project,
        describers=describers,
    )


def describe_run(
    plan: Plan, run_params: Mapping[str, Any], parameters: Mapping[str, Any], env: str
) -> dict[str, Any]:
    """Describe a run to W&B.

    Args:
        plan: What to log.
        run_params: As Kedro hands them to hooks.
        parameters: All parameters of the run, typed or not.
        env: Kedro's environment.

    Returns:
        `project`, `entity`, `group`, `tags` and `config` for `wandb.init`.
    """
    pipelines = list(run_params.get("pipeline_names") or ["__default__"])
    tags = [*pipelines, *(run_params.get("tags") or []), env]
    # Kedro names a runner by its class, or by the text of an object of it.
    runner = str(run_params.get("runner")).partition(" object at")[0].rpartition(".")[2]
    values = plan.redactor.redact({name: as_plain(value) for name, value in parameters.items()})
    kedro = {"env": env, "pipelines": pipelines, "runner": runner}
    return {
        "project": plan.config.project,
        "entity": plan.config.entity,
        "group": "+".join(pipelines),
        "tags": [str(tag)[:TAG_LENGTH] for tag in dict.fromkeys(tags)],
        "config": values | {"kedro": kedro} | _describe_environment(plan.project),
    }


def choose_id() -> str:
    """Return the id that a sweep has given to this run, or draw one."""
    return os.environ.get("WANDB_RUN_ID") or "".join(secrets.choice(ID_LETTERS) for _ in range(8))


def join_path(config: WandbConfig, run_id: str) -> str:
    """Name the run as `wandb.Api().run(...)` takes it."""
    return "/".join(part for part in (config.entity, config.project, run_id) if part)


def _describe_environment(project: Path) -> dict[str, Any]:
    """Describe commit, Python and packages; both fields of git are None outside of a repository."""
    commit = _ask_git(project, "rev-parse", "HEAD")
    changes = _ask_git(project, "status", "--porcelain", "--untracked-files=no")
    packages = {found.name.lower(): found.version for found in distributions() if found.name}
    return {
        "git_commit": commit or None,
        "git_is_clean": None if changes is None else not changes,
        "environment": {
            "python": platform.python_version(),
            "system": platform.system(),
            "packages": dict(sorted(packages.items())),
        },
    }


def _ask_git(project: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "-C", str(project), *arguments],
            capture_output=True,
            text=True,
            timeout=GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
