"""Lineage of persisted datasets: the location and the digest of each, without copies.

In: a Kedro dataset. Out: a `Location`, plain data that can be sent to other processes, and from it
a `Reference`, which becomes a W&B artifact.
"""

import contextlib
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from kedro_wandb.config import Limits
from kedro_wandb.event_queue import Reference
from kedro_wandb.log_specs import DOCUMENTS, LogArtifact

URL = re.compile(r"(?:.*::)?([a-zA-Z][\w+.-]+):/{1,2}(.*)")  # a `PurePath` drops the second slash
CONTAINER_PROTOCOLS = ("abfs", "abfss", "wasb", "wasbs")  # the part before @ is a container
DELTA_LOG = "_delta_log"


@dataclass(frozen=True)
class Location:
    """Location of a persisted dataset.

    Attributes:
        path: Path as in the catalog, without user, password and query.
        protocol: `file`, the protocol of an object store, or `table` for a table of a database.
        is_versioned: Whether Kedro writes each save to a separate folder.
        version: Version that this run loads or saves, if the dataset is versioned.
    """

    path: str
    protocol: str
    is_versioned: bool = False
    version: str | None = None

    def find_file(self) -> Path | None:
        """Return the local file or folder that was just loaded or saved, if it exists."""
        if self.protocol != "file" or (self.is_versioned and self.version is None):
            return None
        path = Path(self.path)
        path = path / self.version / path.name if self.is_versioned and self.version else path
        return path if path.exists() else None


def unwrap(dataset: Any) -> Any:
    """Return the dataset that a CachedDataset wraps."""
    return getattr(dataset, "_dataset", None) or dataset


def find_location(dataset: Any, is_input: bool) -> Location | None:
    """Locate a dataset from its catalog entry; None if it is not persisted.

    Args:
        dataset: Dataset of the catalog.
        is_input: Whether this run loads the dataset or saves it; the versions can differ.
    """
    inner = unwrap(dataset)
    path = getattr(inner, "_filepath", None) or getattr(inner, "_path", None)
    if not path:
        # The connection may contain a password, so only the name of the table is used.
        arguments = getattr(inner, "_load_args", None)
        given = arguments.get("table_name") if isinstance(arguments, dict) else None
        table = getattr(inner, "_table_name", None) or given
        return Location(str(table), "table") if table else None
    protocol = getattr(inner, "_protocol", None) or getattr(inner, "_fs_prefix", "") or "file"
    bare, protocol = _strip_secrets(str(path), str(protocol).removesuffix("://"))
    version = getattr(inner, "_version", None)
    return Location(
        path=bare,
        protocol=protocol,
        is_versioned=version is not None,
        version=_find_version(inner, is_input) if version else None,
    )


def fingerprint(path: Path, limit: int) -> dict[str, Any]:
    """Describe the content of an existing file, folder or Delta table.

    Returns:
        `digest`, hexadecimal; `digest_of`, the basis of the digest: `content`, `names, sizes and
        times` for more than `limit` bytes, or `version` for a Delta table; `bytes`; and, if the
        files contain them, `rows` and `version`.
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
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return {
        "digest": digest.hexdigest(),
        "digest_of": "content" if is_read else "names, sizes and times",
        "bytes": size,
        "rows": _count_rows(files),
    }


def refer_to_location(
    name: str,
    location: Location,
    is_input: bool,
    spec: LogArtifact | None,
    limits: Limits,
    project: Path,
) -> Reference:
    """Create a reference to a dataset that was just loaded (`is_input`) or saved.

    Raises:
        ValueError: If `upload: true` is set for a file of a type or size that is not allowed.
    """
    spec, file = spec or LogArtifact(log="artifact"), location.find_file()
    facts: dict[str, Any] = {"path": _shorten(location, project), "version": location.version}
    if file:
        facts |= fingerprint(file, limits.digest_bytes)
    is_upload = spec.upload and not is_input
    return Reference(
        name=name.partition("@")[0],
        uri=f"{'kedro' if location.protocol == 'file' else location.protocol}://{facts['path']}",
        digest=facts.get("digest", ""),
        is_input=is_input,
        facts={fact: value for fact, value in facts.items() if value is not None},
        type=spec.type,
        aliases=spec.aliases,
        file=str(_check_upload(file, limits)) if is_upload else None,
    )


def refer_to_described(
    described: Mapping[str, str] | None, is_input: bool, spec: LogArtifact | None
) -> Reference | None:
    """Create a reference from the result of a dataset's `describe_place()`, which may be None.

    The name in the result is used, because two datasets can be aliases of one model.
    """
    if described is None:
        return None
    uri, digest, version = described["uri"], described["digest"], described["version"]
    return Reference(
        name=described["name"],
        uri=uri,
        digest=digest,
        is_input=is_input,
        facts={"path": uri, "version": version, "digest": digest},
        type=described.get("type", "dataset"),
        aliases=spec.aliases if spec else (),
    )


def _find_version(dataset: Any, is_input: bool) -> str | None:
    if not is_input:
        return dataset._version.save
    with contextlib.suppress(Exception):  # without a version, the load itself raises the error
        return dataset.resolve_load_version()
    return None


def _strip_secrets(path: str, protocol: str) -> tuple[str, str]:
    """Remove user, password, query and fragment; a signature in a query grants access."""
    url = URL.fullmatch(path)
    if url:
        protocol, path = url.groups()
    if protocol in {"file", "local"}:
        return path, "file"
    bare = re.split(r"[?#]", path, maxsplit=1)[0]
    return (bare if protocol in CONTAINER_PROTOCOLS else re.sub(r"^[^/]*@", "", bare)), protocol


def _fingerprint_commit(path: Path) -> dict[str, Any]:
    """Describe the last commit of a Delta table; its files never change after the commit."""
    commit = max((path / DELTA_LOG).glob("*.json"))
    actions = [json.loads(line) for line in commit.read_text().splitlines()]
    added = [action["add"] for action in actions if "add" in action]
    counts = [json.loads(each.get("stats") or "{}").get("numRecords") for each in added]
    return {
        "digest": hashlib.sha256(commit.read_bytes()).hexdigest(),
        "digest_of": "version",
        "bytes": sum(each["size"] for each in added),
        "rows": None if None in counts else sum(counts),
        "version": str(int(commit.stem)),
    }


def _count_rows(files: Iterable[Path]) -> int | None:
    """Read the number of rows from the footers of Parquet files."""
    files = [file for file in files if not file.name.startswith(("_", "."))]
    if not files or any(file.suffix != ".parquet" for file in files):
        return None
    try:
        import pyarrow.parquet as pq  # noqa: PLC0415  (optional dependency)
    except ImportError:
        return None
    return sum(pq.ParquetFile(file).metadata.num_rows for file in files)


def _shorten(location: Location, project: Path) -> str:
    """Remove the folders above the project, which often contain the name of a person."""
    path = PurePath(location.path)
    if location.protocol != "file" or not path.is_absolute():
        return location.path
    return str(path.relative_to(project)) if path.is_relative_to(project) else path.name


def _check_upload(file: Path | None, limits: Limits) -> Path:
    if file is None or file.suffix.lower() not in DOCUMENTS:
        raise ValueError(
            f"upload allows only {', '.join(DOCUMENTS)} files, because files are not redacted"
        )
    if file.stat().st_size > limits.upload_bytes:
        raise ValueError(f"the file exceeds limits.upload_bytes ({limits.upload_bytes:,})")
    return file
