"""Finds and removes what runs made on the way to the scores of old dates.

Features, predictions and reasons of a date are read by the run that makes them and by nobody else:
a run that needs them makes them anew.
"""

import re
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kedro.io import DataCatalog

from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.datasets.engine_table import EngineTable

ON_THE_WAY = ("customer_features", "churn_predictions", "contact_reasons")
PARTITION = re.compile(r"as_of=(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True)
class Leftover:
    """A folder of one date.

    Attributes:
        as_of: The date.
        name: Of the dataset.
        folder: Where it lies.
        bytes: How much room it takes.
    """

    as_of: date
    name: str
    folder: Path
    bytes: int


def remove_leftovers(leftovers: list[Leftover], scores: DatedTable) -> None:
    """Delete folders, once all their dates are known to be at rest.

    Raises:
        DateTakenError: When a run is at one of the dates; nothing is deleted.
    """
    with ExitStack() as claims:
        for as_of in sorted({leftover.as_of for leftover in leftovers}):
            claims.enter_context(scores.lock_date(str(as_of)))
        for leftover in leftovers:
            shutil.rmtree(leftover.folder)


def find_leftovers(catalog: DataCatalog, before: date) -> list[Leftover]:
    """List what lies in folders of dates before one, by date; tables elsewhere have none."""
    found = [
        Leftover(as_of, name, folder, _measure(folder))
        for name in ON_THE_WAY
        for folder in _list_partitions(catalog.get(name))
        if (as_of := _read_date(folder)) and as_of < before
    ]
    return sorted(found, key=lambda leftover: (leftover.as_of, leftover.name))


def list_elsewhere(catalog: DataCatalog) -> list[str]:
    """Name the datasets that lie in no folders of this machine, as in a warehouse."""
    return [name for name in ON_THE_WAY if _find_partition(catalog.get(name)) is None]


def _list_partitions(dataset: Any) -> list[Path]:
    """List the folders beside that of the run's own date."""
    own = _find_partition(dataset)
    return list(own.parent.iterdir()) if own and own.parent.exists() else []


def _find_partition(dataset: Any) -> Path | None:
    """Find the folder of the run's own date."""
    path = dataset.local_path if isinstance(dataset, EngineTable) else None
    return path.parent if path and _read_date(path.parent) else None


def _read_date(folder: Path) -> date | None:
    named = PARTITION.fullmatch(folder.name)
    return date.fromisoformat(named[1]) if named else None


def _measure(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
