"""What to log in a run: `wandb.yml` and the catalog, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kedro.pipeline import Pipeline

from telco_churn.tracking.config import WandbConfig
from telco_churn.tracking.entries import Entry, find_entry
from telco_churn.tracking.places import Place, find_place, unwrap
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
        tellers: Datasets that say themselves where what they hold lies (`describe_place()`), in
            the process that owns the run alone.
    """

    config: WandbConfig
    redactor: Redactor
    entries: Mapping[str, Entry]
    places: Mapping[str, Place]
    inputs: frozenset[str]
    project: Path
    tellers: Mapping[str, Any] = field(default_factory=dict)

    def for_other_processes(self) -> "Plan":
        """Return what they can take: a dataset there is another one."""
        return replace(self, tellers={})


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
    inputs = pipeline.inputs() & set(datasets)
    tellers = {name: unwrap(each) for name, each in datasets.items() if _tells(unwrap(each))}
    places = {
        name: find_place(dataset, name in inputs)
        for name, dataset in datasets.items()
        if name not in tellers
    }
    return Plan(
        config=config,
        redactor=Redactor(config.redact),
        entries={name: entry for name, entry in entries.items() if entry},
        places={name: place for name, place in places.items() if place},
        inputs=frozenset(inputs),
        project=project,
        tellers=tellers,
    )


def _tells(dataset: Any) -> bool:
    return hasattr(dataset, "describe_place")


def _is_parameter(name: str) -> bool:
    return name == "parameters" or name.startswith("params:")
