"""Finds and removes what runs left in the folders of old dates.

A run of a date reads what its own nodes wrote there, and makes it anew when it is gone. Committed
rows (`DatedTable`) and deliveries stay.
"""

import re
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.tags import DATED, DELIVERY

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


def list_intermediate(pipelines: Iterable[Pipeline], catalog: DataCatalog) -> list[str]:
    """Name the datasets of a date that cleanup may remove: tagged `DATED`, not `DELIVERY`."""
    nodes = {node for pipeline in pipelines for node in pipeline.nodes}
    dated = [node for node in nodes if DATED in node.tags and DELIVERY not in node.tags]
    names = {name for node in dated for name in node.outputs}
    return sorted(name for name in names if not isinstance(catalog.get(name), DatedTable))


def find_leftovers(names: Iterable[str], catalog: DataCatalog, before: date) -> list[Leftover]:
    """List what lies in folders of dates before one, by date; tables elsewhere have none.

    Args:
        names: The datasets; see `list_intermediate`.
        catalog: Any date's catalog.
        before: The first date to leave out.
    """
    found = [
        Leftover(as_of, name, folder, _measure(folder))
        for name in names
        for folder in _list_partitions(catalog.get(name))
        if (as_of := _read_date(folder)) and as_of < before
    ]
    return sorted(found, key=lambda leftover: (leftover.as_of, leftover.name))


def list_elsewhere(names: Iterable[str], catalog: DataCatalog) -> list[str]:
    """Name the datasets that lie in no folders of this machine, as in a warehouse."""
    return [name for name in names if _find_partition(catalog.get(name)) is None]


def remove_leftovers(leftovers: list[Leftover], table: DatedTable) -> None:
    """Delete folders, once a lock on each of their dates is held.

    Raises:
        DateTakenError: When a run holds one of the dates; nothing is deleted.
    """
    with ExitStack() as locks:
        for as_of in sorted({leftover.as_of for leftover in leftovers}):
            locks.enter_context(table.lock_date(str(as_of)))
        for leftover in leftovers:
            shutil.rmtree(leftover.folder)


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
