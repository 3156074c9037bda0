"""A dataset for a folder into which the files of an event table arrive."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from kedro_asof.datasets.delivered_files import CSV
from kedro_asof.datasets.engine_table import EngineTable, finish_replacement
from kedro_asof.deliveries.files import DeliveredFile, list_visible
from kedro_asof.deliveries.folder import DELIVERED_IN, Deliveries, as_deliveries
from kedro_asof.engines import find_engine
from kedro_asof.engines.source_files import remember_source_files
from kedro_asof.errors import take_first_line
from kedro_asof.file_errors import UnreadableFileError

logger = logging.getLogger(__name__)

PATH = "delivered_path"
SECONDS_TO_GROW = 1.0  # a file that is being written has another size after this time
LISTED = 3  # ignored files that a warning names


class DeliveryFolder(EngineTable):
    """`EngineTable` whose load lists the files, and opens them when their rows are needed.

    A single file counts as a folder with one file. A table in an object store is one delivery that
    is always new. A save replaces the whole folder, as that of `EngineTable`.
    """

    def load(self) -> Deliveries:
        """List the files.

        Raises:
            UnreadableFileError: When the folder does not exist or has no file of the format.
        """
        if self._fs_prefix:
            return as_deliveries(super().load())
        root = self._find_root()
        files = [DeliveredFile.of(path, root) for path in self._list_paths(root)]
        return Deliveries(files, self._open_files, self._describe_reading())

    def list_columns(self) -> dict[str, str]:
        """Return the type of each column of the first file, by its name."""
        deliveries = self.load()
        (rows,) = deliveries.read([deliveries.files[0].name]).values()
        return {name: str(kind) for name, kind in rows.schema().items() if name != DELIVERED_IN}

    def load_table(self) -> ir.Table:
        """Return the rows of all files."""
        return self.load().as_table()

    def _find_root(self) -> Path:
        path = Path(str(self._get_load_path())).absolute()
        finish_replacement(path)
        if not path.exists():
            raise UnreadableFileError(f"File not found: {path}. {self._missing}")
        return path

    def _list_paths(self, root: Path) -> list[Path]:
        if root.is_file():
            return [root]
        suffixes = CSV if self._is_strict else (f".{self._file_format}",)
        visible = list_visible(root)
        paths = [path for path in visible if path.name.lower().endswith(suffixes)]
        ignored = [path.relative_to(root).as_posix() for path in visible if path not in paths]
        if not paths:
            raise UnreadableFileError(
                f"No deliveries in {root}: found {len(ignored)} other files, expected files that "
                f"end in {' or '.join(suffixes)}. {self._missing}"
            )
        if ignored:
            logger.warning(
                "Ignored in %s, because they do not end in %s: %s%s. Rename these files, or "
                "correct `file_format` of the catalog entry.",
                *(root, " or ".join(suffixes), ", ".join(ignored[:LISTED])),
                "" if len(ignored) <= LISTED else f" and {len(ignored) - LISTED} more",
            )
        return paths

    def _open_files(self, names: Sequence[str]) -> Mapping[tuple[str, ...], ir.Table]:
        root = self._find_root()
        folder = root if root.is_dir() else root.parent
        paths = {name: folder / name for name in names}
        if self._is_strict or (self._file_format == "parquet" and not self._load_args):
            opened = self._open_parquet(paths, root)
        else:
            opened = {
                (name,): self._read(str(path)).mutate(**{DELIVERED_IN: ibis.literal(name)})
                for name, path in paths.items()
            }
        return {group: self._adapt(rows, str(root)) for group, rows in opened.items()}

    def _open_parquet(
        self, paths: Mapping[str, Path], root: Path
    ) -> dict[tuple[str, ...], ir.Table]:
        """Open Parquet files, or CSV files through Parquet copies, by their columns and types."""
        files = dict(paths)
        if self._is_strict:
            copies = self._files.convert(list(paths.values()), root)
            files = {name: copy.absolute() for name, copy in zip(paths, copies, strict=True)}
        groups: dict[str, list[str]] = {}
        for name, file in files.items():
            schema = _read_schema(file, paths[name], root)
            groups.setdefault(str(schema.remove_metadata()), []).append(name)
        return {tuple(group): self._read_group(group, files, root) for group in groups.values()}

    def _read_group(self, names: list[str], files: Mapping[str, Path], root: Path) -> ir.Table:
        first = files[names[0]]
        prefix = str(first).removesuffix(".parquet" if self._is_strict else "")
        prefix = prefix.removesuffix(names[0])
        engine = find_engine(self._connection_config["backend"])
        paths = [str(files[name]) for name in names]
        rows = engine.read_files(self.connection, paths, PATH, "=" in "".join(names))
        remember_source_files(rows, root)
        name = rows[PATH].substr(len(prefix))
        if self._is_strict:
            name = name.left(name.length() - len(".parquet"))
        return rows.mutate(**{DELIVERED_IN: name}).drop(PATH)

    def _describe_reading(self) -> str:
        """Return how columns and values are read, so that a change of it can be noticed."""
        casts = {name: cast.model_dump(mode="json") for name, cast in self._casts.items()}
        maps = {name: values.model_dump(mode="json") for name, values in self._maps.items()}
        return str([self._columns, casts, maps, self._files.encoding, self._load_args])


def _read_schema(file: Path, delivered: Path, root: Path) -> pa.Schema:
    listed = DeliveredFile.of(delivered, root)
    try:
        return pq.read_schema(file)
    except (pa.ArrowException, OSError) as error:
        time.sleep(SECONDS_TO_GROW)
        listed.check_unchanged()
        raise UnreadableFileError(
            f"Cannot read {delivered} as Parquet: {take_first_line(error).rstrip('.')}. It is cut "
            "off or no Parquet file. Deliver it again, or move it out of the folder."
        ) from error
