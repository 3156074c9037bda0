"""The files of a folder of deliveries, and how to tell whether they changed.

In: a folder, or a single file. Out: a `DeliveredFile` for each.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from kedro_asof.errors import NotReadyError


@dataclass(frozen=True)
class DeliveredFile:
    """A file as it was when the folder was listed.

    Attributes:
        name: The path below the folder, with `/` between folders.
        path: The file.
        size: Bytes.
        modified_ns: The time of its last change, in nanoseconds since 1970.
    """

    name: str
    path: Path
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path, root: Path) -> "DeliveredFile":
        """Describe a file in a folder, or the folder itself if it is a file."""
        name = path.relative_to(root if root.is_dir() else root.parent).as_posix()
        about = path.stat()
        return cls(name, path, about.st_size, about.st_mtime_ns)

    def take_digest(self) -> str:
        """Return the SHA-256 of the content.

        Raises:
            NotReadyError: When the file changed since it was listed.
        """
        with self.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.check_unchanged()
        return digest

    def check_unchanged(self) -> None:
        """Check that the file is as it was when it was listed.

        Raises:
            NotReadyError: When it changed: another program is still writing it.
        """
        try:
            about = self.path.stat()
            found = (about.st_size, about.st_mtime_ns)
        except FileNotFoundError:
            found = (-1, 0)
        if found != (self.size, self.modified_ns):
            size = "is gone" if found[0] < 0 else f"now has {found[0]:,} bytes and a newer time"
            raise NotReadyError(
                f"{self.path} changed while it was read: it had {self.size:,} bytes, and {size}. "
                "This run ingested nothing of its table. Run it again when the delivery is "
                "complete."
            )


def list_visible(folder: Path) -> list[Path]:
    """List the files of a folder that are data: Spark and others mark files with a dot or `_`."""
    return sorted(file for file in folder.rglob("*") if _is_visible(file, folder))


def _is_visible(file: Path, folder: Path) -> bool:
    parts = file.relative_to(folder).parts
    return file.is_file() and not any(part.startswith((".", "_")) for part in parts)
