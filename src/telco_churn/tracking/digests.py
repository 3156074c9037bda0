"""What a kept dataset is known by, without copying it.

In: its file or folder. Out: a digest, its size, and its rows where they are written down.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DELTA_LOG = "_delta_log"


@dataclass(frozen=True)
class Fingerprint:
    """What a dataset is known by.

    Attributes:
        digest: Hexadecimal, of `seen`.
        seen: `content` when every byte was read; `names, sizes and times` of what is too large;
            `version` of a Delta table.
        size: Bytes.
        rows: As the files say it themselves; None where they do not.
        version: Of a Delta table.
    """

    digest: str
    seen: str
    size: int
    rows: int | None = None
    version: str | None = None


def fingerprint(path: Path, limit: int) -> Fingerprint:
    """Take the fingerprint of a file, a folder or a Delta table.

    Args:
        path: What exists.
        limit: Bytes that are read at most.
    """
    if (path / DELTA_LOG).is_dir():
        return _fingerprint_commit(path)
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    size = sum(file.stat().st_size for file in files)
    is_read = size <= limit
    digest = hashlib.sha256()
    for file in files:
        about = file.stat()
        name = "" if file == path else file.relative_to(path).as_posix()
        known_by = "" if is_read else f"{about.st_size} {about.st_mtime_ns}"
        digest.update(f"{name}\0{known_by}\0".encode())
        if is_read:
            digest.update(_hash_file(file))
    seen = "content" if is_read else "names, sizes and times"
    return Fingerprint(digest.hexdigest(), seen, size, _count_rows(files))


def _fingerprint_commit(path: Path) -> Fingerprint:
    """A commit names each file that is part of the table; they never change."""
    commit = max((path / DELTA_LOG).glob("*.json"))
    added = list(_read_added(commit))
    counts = [json.loads(action.get("stats") or "{}").get("numRecords") for action in added]
    return Fingerprint(
        digest=hashlib.sha256(commit.read_bytes()).hexdigest(),
        seen="version",
        size=sum(action["size"] for action in added),
        rows=None if None in counts else sum(counts),
        version=str(int(commit.stem)),
    )


def _read_added(commit: Path) -> Iterator[dict[str, Any]]:
    for line in commit.read_text().splitlines():
        action = json.loads(line)
        if "add" in action:
            yield action["add"]


def _hash_file(file: Path) -> bytes:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def _count_rows(files: list[Path]) -> int | None:
    """Read the rows from the ends of Parquet files."""
    files = [file for file in files if not file.name.startswith(("_", "."))]
    if not files or any(file.suffix != ".parquet" for file in files):
        return None
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415  (not every project has it)
    except ImportError:
        return None
    return sum(pq.ParquetFile(file).metadata.num_rows for file in files)
