"""Events of a run as plain data, and the folder through which processes exchange them.

In: redacted and size-limited events from the processes of ParallelRunner. Out: the same events, in
the process that owns the W&B run. The folder holds JSON files, so reading one executes no code.
"""

import base64
import json
import logging
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from kedro_wandb.safeguards import is_private

logger = logging.getLogger(__name__)

VARIABLE = "KEDRO_WANDB_SPOOL"  # path of the folder; child processes inherit it
PLAN = "plan.json"


@dataclass(frozen=True)
class Metrics:
    """Numbers by name."""

    values: dict[str, float]


@dataclass(frozen=True)
class Table:
    """The first rows of a table."""

    name: str
    columns: list[str]
    rows: list[list[Any]]


@dataclass(frozen=True)
class Chart:
    """A chart of columns of a table, with the fields of `LogPlot`."""

    table: Table
    kind: str
    x: str
    y: str | None
    title: str


@dataclass(frozen=True)
class Picture:
    """An encoded picture; `suffix` is the file suffix of its encoding, such as `.png`."""

    name: str
    content: bytes
    suffix: str
    caption: str | None


@dataclass(frozen=True)
class Reference:
    """A persisted dataset that was loaded (`is_input`) or saved.

    Attributes:
        name: Name of the dataset.
        uri: Location as in the catalog, without the folders above the project.
        digest: Differs if the content differs; empty if unknown.
        is_input: Whether the dataset was loaded.
        facts: Size, rows, version, and the basis of the digest.
        type: Type of the W&B artifact.
        aliases: Aliases in addition to `latest`.
        file: File to upload, if the catalog entry has `upload: true`.
    """

    name: str
    uri: str
    digest: str
    is_input: bool
    facts: dict[str, Any] = field(default_factory=dict)
    type: str = "dataset"
    aliases: tuple[str, ...] = ()
    file: str | None = None


@dataclass(frozen=True)
class Step:
    """Part of a node's time: one load, the run of its function, or one save."""

    node: str
    action: str
    seconds: float
    dataset: str | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Problem:
    """A dataset or event that could not be tracked, and the reason."""

    subject: str
    reason: str


Event = Metrics | Table | Chart | Picture | Reference | Step | Problem
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


class EventQueue:
    """A folder of events that only this user can access."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def create(cls, plan: str) -> "EventQueue":
        """Create the folder, and write into it the plan that child processes read."""
        folder = Path(tempfile.mkdtemp(prefix="spool-"))
        (folder / PLAN).write_text(plan, encoding="utf-8")
        os.environ[VARIABLE] = str(folder)
        return cls(folder)

    @classmethod
    def find(cls) -> "EventQueue | None":
        """Return the queue that the owner of this run created, if any.

        A folder that other users can access is ignored: its plan could turn redaction off.
        """
        folder = os.environ.get(VARIABLE)
        if not folder or not Path(folder).is_dir():
            return None
        if is_private(Path(folder)):
            return cls(Path(folder))
        warning = "Ignored %s=%s: other users can access this folder. Unset the variable."
        logger.warning(warning, VARIABLE, folder)
        return None

    def read_plan(self) -> str:
        """Return the plan that the owner wrote, as JSON."""
        return (self._folder / PLAN).read_text(encoding="utf-8")

    def put(self, event: Event) -> None:
        """Write an event atomically."""
        name = uuid.uuid4().hex
        partial = self._folder / f".{name}"
        partial.write_text(_encode(event), encoding="utf-8")
        partial.rename(self._folder / f"{name}.event")

    def drain(self) -> Iterator[Event]:
        """Yield the events in the order in which they were written, then remove the folder."""
        files = sorted(self._folder.glob("*.event"), key=lambda file: file.stat().st_mtime_ns)
        for file in files:
            yield _decode(file.read_text(encoding="utf-8"))
        self.close()

    def close(self) -> None:
        """Remove the folder."""
        os.environ.pop(VARIABLE, None)
        shutil.rmtree(self._folder, ignore_errors=True)


def _encode(event: Event) -> str:
    """Serialize an event as JSON, with the bytes of a picture as base64."""
    content = {"kind": type(event).__name__, "fields": asdict(event)}
    return json.dumps(content, default=lambda value: base64.b64encode(value).decode())


def _decode(text: str) -> Event:
    content = json.loads(text)
    kind, fields = KINDS[content["kind"]], content["fields"]
    if kind is Picture:
        fields["content"] = base64.b64decode(fields["content"])
    elif kind is Chart:
        fields["table"] = Table(**fields["table"])
    elif kind is Reference:
        fields["aliases"] = tuple(fields["aliases"])
    event: Event = kind(**fields)
    return event
