"""Find and delete the intermediate data that runs left in the folders of old dates.

Only nodes of the same date read these folders, and a new run of the date writes them again.
Committed rows (`DatedTable`) and deliveries are never deleted.
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
    """The folder of one dataset and date.

    Attributes:
        as_of: The date.
        name: The name of the dataset.
        folder: The path of the folder.
        bytes: The size of its files.
    """

    as_of: date
    name: str
    folder: Path
    bytes: int


def list_intermediate(pipelines: Iterable[Pipeline], catalog: DataCatalog) -> list[str]:
    """List the datasets that cleanup may delete: outputs of `DATED` nodes without `DELIVERY`."""
    nodes = {node for pipeline in pipelines for node in pipeline.nodes}
    dated = [node for node in nodes if DATED in node.tags and DELIVERY not in node.tags]
    names = {name for node in dated for name in node.outputs}
    return sorted(name for name in names if not isinstance(catalog.get(name), DatedTable))


def find_leftovers(names: Iterable[str], catalog: DataCatalog, before: date) -> list[Leftover]:
    """List the folders of earlier dates, sorted by date; see `list_elsewhere` for other datasets.

    Args:
        names: The datasets; see `list_intermediate`.
        catalog: The catalog of any date.
        before: The first date to keep.
    """
    found = [
        Leftover(as_of, name, folder, _measure(folder))
        for name in names
        for folder in _list_partitions(catalog.get(name))
        if (as_of := _read_date(folder)) and as_of < before
    ]
    return sorted(found, key=lambda leftover: (leftover.as_of, leftover.name))


def list_elsewhere(names: Iterable[str], catalog: DataCatalog) -> list[str]:
    """List the datasets without a folder on this machine, such as tables of a warehouse."""
    return [name for name in names if _find_partition(catalog.get(name)) is None]


def remove_leftovers(leftovers: list[Leftover], table: DatedTable) -> None:
    """Lock the date of every folder, then delete the folders.

    Raises:
        DateTakenError: When a run holds one of the dates. Nothing is deleted then.
    """
    with ExitStack() as locks:
        for as_of in sorted({leftover.as_of for leftover in leftovers}):
            locks.enter_context(table.lock_date(str(as_of)))
        for leftover in leftovers:
            shutil.rmtree(leftover.folder)


def _list_partitions(dataset: Any) -> list[Path]:
    """List the folders of all dates of a dataset."""
    own = _find_partition(dataset)
    return list(own.parent.iterdir()) if own and own.parent.exists() else []


def _find_partition(dataset: Any) -> Path | None:
    """Find the folder of the catalog's date."""
    path = dataset.local_path if isinstance(dataset, EngineTable) else None
    return path.parent if path and _read_date(path.parent) else None


def _read_date(folder: Path) -> date | None:
    named = PARTITION.fullmatch(folder.name)
    return date.fromisoformat(named[1]) if named else None


def _measure(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
