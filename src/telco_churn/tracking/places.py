"""Where a dataset lies, told from its catalog entry alone.

In: a Kedro dataset. Out: a `Place`, plain data that goes to other processes.
"""

import contextlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

URL = re.compile(r"(?:.*::)?([a-zA-Z][\w+.-]+):/{1,2}(.*)")  # a `PurePath` leaves one slash of two
OF_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs")  # container@account is no user of a server


@dataclass(frozen=True)
class Place:
    """Where a dataset is kept.

    Attributes:
        path: As the catalog has it, without user, password and query.
        protocol: `file`, that of an object store, or `table` of a database.
        is_versioned: Whether Kedro keeps a folder for each save.
        version: The version that this run loads or saves, where it is versioned.
    """

    path: str
    protocol: str
    is_versioned: bool = False
    version: str | None = None

    def find_file(self) -> Path | None:
        """Return the file or folder on this machine that was just loaded or saved, if it is."""
        if self.protocol != "file" or (self.is_versioned and self.version is None):
            return None
        path = Path(self.path)
        path = path / self.version / path.name if self.is_versioned and self.version else path
        return path if path.exists() else None


def find_place(dataset: Any, is_input: bool) -> Place | None:
    """Say where a dataset is kept; None for what is kept nowhere or says nothing of it.

    Args:
        dataset: Of the catalog.
        is_input: Whether this run loads it, else it saves it: each may be of a version of its own.
    """
    inner = unwrap(dataset)
    path = getattr(inner, "_filepath", None) or getattr(inner, "_path", None)
    if not path:
        table = _find_table(inner)
        return Place(table, "table") if table else None
    named = getattr(inner, "_protocol", None) or getattr(inner, "_fs_prefix", "") or "file"
    bare, protocol = _strip_secrets(str(path), str(named).removesuffix("://"))
    version = getattr(inner, "_version", None)
    return Place(
        path=bare,
        protocol=protocol,
        is_versioned=version is not None,
        version=_find_version(inner, is_input) if version else None,
    )


def unwrap(dataset: Any) -> Any:
    """Take the dataset that a CachedDataset wraps."""
    return getattr(dataset, "_dataset", None) or dataset


def _find_version(dataset: Any, is_input: bool) -> str | None:
    if not is_input:
        return dataset._version.save
    with contextlib.suppress(Exception):  # there is none yet: loading will say so
        return dataset.resolve_load_version()
    return None


def _find_table(dataset: Any) -> str | None:
    """Name the table of a database; how to get there may hold a password."""
    arguments = getattr(dataset, "_load_args", None)
    given = arguments.get("table_name") if isinstance(arguments, dict) else None
    name = getattr(dataset, "_table_name", None) or given
    return str(name) if name else None


def _strip_secrets(path: str, protocol: str) -> tuple[str, str]:
    """Leave out user, password, query and fragment: a signature there opens the file to anybody."""
    url = URL.fullmatch(path)
    if url:
        protocol, path = url.groups()
    if protocol in {"file", "local"}:
        return path, "file"
    bare = re.split(r"[?#]", path, maxsplit=1)[0]
    return (bare if protocol in OF_CONTAINERS else re.sub(r"^[^/]*@", "", bare)), protocol
