"""What Kedro-Viz shows: tables with their size and path, and the pipelines that can run."""

import json
import sys
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow.parquet as pq
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import AbstractDataset, DataCatalog, DatasetError

from kedro_asof.datasets.dated_history import DatedHistory
from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.datasets.delta_log import open_table
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.datasets.monthly_table import MonthlyTable
from kedro_asof.datasets.tile_table import TileTable
from kedro_asof.project import find_project

COUNTED = (".csv", ".jsonl")  # the formats that are read to count rows, if the file is small
SMALL = 10_000_000  # bytes


class KedroVizHook:
    """Prepares what `kedro viz run --include-hooks` shows; other commands do not need it.

    Kedro-Viz itself counts only pandas tables, during a run, for all environments in one file.
    """

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog) -> None:
        """Write the statistics that Kedro-Viz reads next, shorten paths, remove other pipelines."""
        if sys.argv[1:2] != ["viz"]:
            return
        project = find_project()
        _remove_other_pipelines(catalog)
        names = {name for pipeline in pipelines.values() for name in pipeline.datasets()}
        sizes = {}
        for name in sorted(names):
            dataset = catalog.get(name)
            if dataset is not None and (place := _find_place(dataset)):
                if size := measure_table(dataset, place):
                    sizes[name] = size
                _show_path(dataset, place, project)
        file = project / ".viz" / "stats.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(sizes), encoding="utf-8")


def measure_table(dataset: AbstractDataset[Any, Any], place: Path) -> dict[str, int]:
    """Count the rows and columns of a table without reading it, and the bytes of its files.

    Parquet files and Delta logs know their rows. A small CSV is read; a larger one has no rows.

    Returns:
        `rows`, `columns`, `file_size`, as far as they are known; empty for other files.
    """
    try:
        if isinstance(dataset, DatedHistory | MonthlyTable | TileTable):
            return dataset.measure()
        files = _list_files(dataset, place)
        size = sum(file.stat().st_size for file in files)
        if files and all(file.suffix == ".parquet" for file in files):
            return _read_footers(files, place) | {"file_size": size}
        if files and place.suffix in COUNTED:
            return (_count(dataset.load()) if size <= SMALL else {}) | {"file_size": size}
        if files and isinstance(dataset, EngineTable):
            return {"file_size": size}
    except (OSError, ValueError, DatasetError):  # its own node explains a broken file
        return {}
    return {}


def _remove_other_pipelines(catalog: DataCatalog) -> None:
    """Remove pipelines whose parameters another environment has, such as `own_table`."""
    for name, pipeline in list(pipelines.items()):
        parameters = {each for each in pipeline.inputs() if each.startswith("params:")}
        if not all(each in catalog for each in parameters):
            del pipelines[name]


def _find_place(dataset: AbstractDataset[Any, Any]) -> Path | None:
    """Return the local file or folder of a dataset, whether or not it exists."""
    place = dataset._describe().get("filepath")
    return None if place is None or "://" in str(place) else Path(place)


def _show_path(dataset: AbstractDataset[Any, Any], place: Path, project: Path) -> None:
    """Describe a path as the catalog does: Kedro-Viz would remove the slash of an absolute path."""
    inside = place.is_relative_to(project)
    shown = str(place.relative_to(project)) if inside else f"file://{place}"
    described = dataset._describe() | {"filepath": shown}
    dataset._describe = lambda: described  # type: ignore[method-assign]


def _list_files(dataset: AbstractDataset[Any, Any], place: Path) -> list[Path]:
    if isinstance(dataset, DatedTable):
        uris = open_table(place).file_uris() if place.exists() else []
        return [Path(uri.removeprefix("file://")) for uri in uris]
    if place.is_dir():
        return sorted(file for file in place.rglob("*.*") if file.is_file())
    return [place] if place.exists() else []


def _read_footers(files: list[Path], place: Path) -> dict[str, int]:
    footers = [pq.read_metadata(file) for file in files]
    parts = files[0].relative_to(place).parts  # a folder such as as_of=2026-09-28 is a column
    columns = len(footers[0].schema.to_arrow_schema()) + sum("=" in part for part in parts)
    return {"rows": sum(footer.num_rows for footer in footers), "columns": columns}


def _count(table: Any) -> dict[str, int]:
    rows = int(table.count().execute()) if isinstance(table, ir.Table) else len(table)
    return {"rows": rows, "columns": len(table.columns)}
