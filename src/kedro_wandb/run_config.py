"""Description of a run before it starts.

In: `wandb.yml`, the pipeline, the catalog, the parameters, the folder of the project. Out: a `Plan`
with the datasets to log, and the arguments of `wandb.init`, which include the run's config.
"""

import os
import platform
import secrets
import string
import subprocess
from collections.abc import Mapping
from email.parser import HeaderParser
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.metadata import Distribution, distributions
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

ID_LETTERS = string.ascii_lowercase + string.digits  # as in the ids that W&B draws
TAG_LENGTH = 64  # characters; W&B's limit
GIT_SECONDS = 5  # time limit for a git command, for repositories on slow disks


class Plan(FrozenModel):
    """The datasets to log in this run; other processes receive the plan as JSON.

    Attributes:
        config: Content of `wandb.yml`, with the salt of this run.
        specs: Specs of the datasets to log, by name.
        locations: Locations of the persisted datasets, by name.
        inputs: Datasets that the pipeline reads and does not create.
        project: Folder of the project.
        describers: Datasets with a method `describe_place()`. The JSON leaves them out, because
            the copies in other processes have no information about this run.
    """

    config: WandbConfig
    specs: dict[str, LogSpec]
    locations: dict[str, Location]
    inputs: frozenset[str]
    project: Path
    describers: dict[str, Any] = Field(default_factory=dict, exclude=True)

    @cached_property
    def redactor(self) -> Redactor:
        """Redactor with the settings in `config.redact`."""
        return Redactor(self.config.redact)

    def refer_to(self, name: str, is_input: bool) -> Reference | None:
        """Create a reference to a dataset that was just loaded (`is_input`) or saved.

        Returns:
            The reference; None if the dataset is not persisted or not part of the lineage.

        Raises:
            ValueError: If `upload: true` is set for a file of a type or size that is not allowed.
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
    """Look up each dataset of a pipeline in the catalog, including dataset factories.

    Raises:
        ParameterValidationError: If a `wandb` block has an unknown key or an invalid value.
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
    """Describe a run for `wandb.init`.

    Args:
        plan: Plan of the run.
        run_params: Run parameters that Kedro passes to hooks.
        parameters: All parameters of the run, typed or not.
        env: Kedro environment.

    Returns:
        The arguments `project`, `entity`, `group`, `tags` and `config`.
    """
    pipelines = list(run_params.get("pipeline_names") or ["__default__"])
    tags = [*pipelines, *(run_params.get("tags") or []), env]
    # Kedro gives the class of a runner, or the text of an instance.
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
    """Return the run id that a sweep has set in WANDB_RUN_ID, or draw one."""
    return os.environ.get("WANDB_RUN_ID") or "".join(secrets.choice(ID_LETTERS) for _ in range(8))


def join_path(config: WandbConfig, run_id: str) -> str:
    """Return the path of the run for `wandb.Api().run(...)`."""
    return "/".join(part for part in (config.entity, config.project, run_id) if part)


def _describe_environment(project: Path) -> dict[str, Any]:
    """Describe commit, Python and packages; the git fields are None outside a repository."""
    commit = _ask_git(project, "rev-parse", "HEAD")
    changes = _ask_git(project, "status", "--porcelain", "--untracked-files=no")
    packages = dict(filter(None, map(_describe_package, distributions())))
    return {
        "git_commit": commit or None,
        "git_is_clean": None if changes is None else not changes,
        "environment": {
            "python": platform.python_version(),
            "system": platform.system(),
            "packages": dict(sorted(packages.items())),
        },
    }


def _describe_package(found: Distribution) -> tuple[str, str] | None:
    """Return name and version from the head of the metadata; the rest is slow to parse."""
    text = found.read_text("METADATA") or found.read_text("PKG-INFO") or ""
    head = HeaderParser().parsestr(text.partition("\n\n")[0])
    return (head["Name"].lower(), head["Version"]) if "Name" in head else None


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
