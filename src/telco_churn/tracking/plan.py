"""What to log in a run: `wandb.yml` and the catalog, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from telco_churn.tracking.config import WandbConfig
from telco_churn.tracking.entries import Entry, find_entry
from telco_churn.tracking.places import Place, find_place
from telco_churn.tracking.redaction import Redactor


@dataclass(frozen=True)
class Plan:
    """What to log in this run: plain data, so that other processes can take it.

    Attributes:
        config: `wandb.yml`.
        redactor: With the salt of this run.
        entries: What to log, by dataset.
        places: Where datasets are kept, by dataset.
        inputs: What the pipeline reads and does not make.
        project: The project's folder.
    """

    config: WandbConfig
    redactor: Redactor
    entries: Mapping[str, Entry]
    places: Mapping[str, Place]
    inputs: frozenset[str]
    project: Path


def make_plan(config: WandbConfig, pipeline: Pipeline, catalog: Any, project: Path) -> Plan:
    """Ask the catalog about each dataset of a pipeline, those of factories included.

    Raises:
        ParameterValidationError: When an entry asks for something unknown.
    """
    datasets = {name: catalog.get(name) for name in pipeline.datasets() if not _is_parameter(name)}
    entries = {
        name: find_entry(name, getattr(dataset, "metadata", None), config.datasets)
        for name, dataset in datasets.items()
    }
    places = {name: find_place(dataset) for name, dataset in datasets.items()}
    return Plan(
        config=config,
        redactor=Redactor(config.redact),
        entries={name: entry for name, entry in entries.items() if entry},
        places={name: place for name, place in places.items() if place},
        inputs=frozenset(pipeline.inputs() & set(datasets)),
        project=project,
    )


def _is_parameter(name: str) -> bool:
    return name == "parameters" or name.startswith("params:")
