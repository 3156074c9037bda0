"""Makes lineage of kept datasets: where each lies and what tells its content apart, no copies.

In: a Kedro dataset. Out: a `Location`, plain data that goes to other processes, and from it a
`Reference`, which becomes a W&B artifact.
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

URL = re.compile(r"(?:.*::)?([a-zA-Z][\w+.-]+):/{1,2}(.*)")  # a `PurePath` leaves one slash of two
CONTAINER_PROTOCOLS = ("abfs", "abfss", "wasb", "wasbs")  # in container@account is no user
DELTA_LOG = "_delta_log"


@dataclass(frozen=True)
class Location:
    """Where a dataset is kept.

    Attributes:
        path: As in the catalog, without user, password and query.
        protocol: `file`, that of an object store, or `table` of a database.
        is_versioned: Whether Kedro keeps a folder for each save.
        version: The version that this run loads or saves, if it is versioned.
    """

    path: str
    protocol: str
    is_versioned: bool = False
    version: str | None = None

    def find_file(self) -> Path | None:
        """Return the local file or folder that was just loaded or saved, if there is one."""
        if self.protocol != "file" or (self.is_versioned and self.version is None):
            return None
        path = Path(self.path)
        path = path / self.version / path.name if self.is_versioned and self.version else path
        return path if path.exists() else None


def unwrap(dataset: Any) -> Any:
    """Return the dataset that a CachedDataset wraps."""
    return getattr(dataset, "_dataset", None) or dataset


def find_location(dataset: Any, is_input: bool) -> Location | None:
    """Locate a dataset by its catalog entry alone; None for one that is kept nowhere.

    Args:
        dataset: Dataset of the catalog.
        is_input: Whether this run loads it, else it saves it: each may have its own version.
    """
    inner = unwrap(dataset)
    path = getattr(inner, "_filepath", None) or getattr(inner, "_path", None)
    if not path:
        # A connection may hold a password, so a table of a database is its name alone.
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
        `digest`, hexadecimal; `digest_of`, which is `content`, `names, sizes and times` where there
        are more than `limit` bytes, or `version` of a Delta table; `bytes`; and, where the files
        state them, `rows` and `version`.
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
    """Make a reference to a dataset that was just loaded (`is_input`) or saved.

    Raises:
        ValueError: When its entry asks to upload a file that may not be.
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
    """Make a reference from a dataset's own `describe_place()`, which may return None.

    Its name there counts: two datasets may hold the same thing, as two aliases of one model.
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
    with contextlib.suppress(Exception):  # there is none yet: loading will fail with the reason
        return dataset.resolve_load_version()
    return None


def _strip_secrets(path: str, protocol: str) -> tuple[str, str]:
    """Leave out user, password, query and fragment: a signature there opens the file to anybody."""
    url = URL.fullmatch(path)
    if url:
        protocol, path = url.groups()
    if protocol in {"file", "local"}:
        return path, "file"
    bare = re.split(r"[?#]", path, maxsplit=1)[0]
    return (bare if protocol in CONTAINER_PROTOCOLS else re.sub(r"^[^/]*@", "", bare)), protocol


def _fingerprint_commit(path: Path) -> dict[str, Any]:
    """Use the last commit: it names the files that it adds, and files never change."""
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
        import pyarrow.parquet as pq  # noqa: PLC0415  (not every project has it)
    except ImportError:
        return None
    return sum(pq.ParquetFile(file).metadata.num_rows for file in files)


def _shorten(location: Location, project: Path) -> str:
    """Leave out the folders above the project: they often name a person."""
    path = PurePath(location.path)
    if location.protocol != "file" or not path.is_absolute():
        return location.path
    return str(path.relative_to(project)) if path.is_relative_to(project) else path.name


def _check_upload(file: Path | None, limits: Limits) -> Path:
    if file is None or file.suffix.lower() not in DOCUMENTS:
        raise ValueError(
            f"only {', '.join(DOCUMENTS)} files are uploaded: no column is redacted in one"
        )
    if file.stat().st_size > limits.upload_bytes:
        raise ValueError(f"it is larger than limits.upload_bytes, {limits.upload_bytes}")
    return file
