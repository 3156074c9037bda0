"""Where a dataset lies, told from its catalog entry alone.

In: a Kedro dataset. Out: a `Place`, plain data that goes to other processes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Place:
    """Where a dataset is kept.

    Attributes:
        path: As the catalog has it; below the project it says nothing of the machine.
        protocol: `file`, or that of an object store.
        is_versioned: Whether Kedro keeps a folder for each save.
        version: The version that this run saves, where it is versioned.
    """

    path: str
    protocol: str
    is_versioned: bool = False
    version: str | None = None

    def find_file(self, is_save: bool) -> Path | None:
        """Return the file or folder on this machine that was just loaded or saved, if it is."""
        if self.protocol != "file":
            return None
        path = Path(self.path)
        if self.is_versioned:
            version = self.version if is_save else None
            folders = [path / version] if version else sorted(path.glob("*"))
            path = folders[-1] / path.name if folders else path
        return path if path.exists() else None


def find_place(dataset: Any) -> Place | None:
    """Say where a dataset is kept; None for what is kept nowhere or says nothing of it."""
    inner = getattr(dataset, "_dataset", None) or dataset  # CachedDataset wraps one
    path = getattr(inner, "_filepath", None)
    if not path:
        return None
    protocol = getattr(inner, "_protocol", None) or getattr(inner, "_fs_prefix", "") or "file"
    version = getattr(inner, "_version", None)
    return Place(
        path=_strip_secrets(str(path)),
        protocol=str(protocol).removesuffix("://"),
        is_versioned=version is not None,
        version=getattr(version, "save", None),
    )


def _strip_secrets(path: str) -> str:
    """Take out of an address who may read it: user, password and signed query."""
    scheme, separator, rest = path.partition("://")
    if not separator:
        return path
    host, slash, way = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{way.partition('?')[0]}"
