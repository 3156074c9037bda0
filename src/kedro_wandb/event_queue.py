"""Events of a run as plain data, and the folder through which other processes hand them over.

In: events, redacted and capped, from the processes of ParallelRunner. Out: the same events, in the
process that owns the W&B run. The folder holds JSON files: reading one executes nothing.
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

VARIABLE = "KEDRO_WANDB_SPOOL"  # names the folder: a child process has it, forked or spawned
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
    """A chart of columns of a table; its fields are those of `LogPlot`."""

    table: Table
    kind: str
    x: str
    y: str | None
    title: str


@dataclass(frozen=True)
class Picture:
    """An encoded picture; `suffix` names the encoding."""

    name: str
    content: bytes
    suffix: str
    caption: str | None


@dataclass(frozen=True)
class Reference:
    """A kept dataset that was loaded (`is_input`) or saved.

    Attributes:
        name: Name of the dataset.
        uri: Its location as in the catalog, without the folders above the project.
        digest: Differs where the content differs; empty where it is unknown.
        is_input: Whether it was loaded.
        facts: Size, rows, version, and the basis of the digest.
        type: W&B's type of the artifact.
        aliases: Beside `latest`.
        file: File to upload, if its entry asks for that.
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
    """Part of a node's time: one load, its own work, or one save."""

    node: str
    action: str
    seconds: float
    dataset: str | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Problem:
    """Something that could not be tracked, and why."""

    subject: str
    reason: str


Event = Metrics | Table | Chart | Picture | Reference | Step | Problem
KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}


class EventQueue:
    """A folder of events that only this user may enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def create(cls, plan: str) -> "EventQueue":
        """Create the folder, with the plan for the processes that this one starts."""
        folder = Path(tempfile.mkdtemp(prefix="spool-"))
        (folder / PLAN).write_text(plan, encoding="utf-8")
        os.environ[VARIABLE] = str(folder)
        return cls(folder)

    @classmethod
    def find(cls) -> "EventQueue | None":
        """Return the queue that the owner of this run has created, if any.

        A folder that others may enter is ignored: its plan could switch redaction off.
        """
        folder = os.environ.get(VARIABLE)
        if not folder or not Path(folder).is_dir():
            return None
        if is_private(Path(folder)):
            return cls(Path(folder))
        logger.warning("%s names %s, which others may enter: it is ignored.", VARIABLE, folder)
        return None

    def read_plan(self) -> str:
        """Return the plan as the owner wrote it."""
        return (self._folder / PLAN).read_text(encoding="utf-8")

    def put(self, event: Event) -> None:
        """Write an event, whole or not at all."""
        name = uuid.uuid4().hex
        partial = self._folder / f".{name}"
        partial.write_text(_encode(event), encoding="utf-8")
        partial.rename(self._folder / f"{name}.event")

    def drain(self) -> Iterator[Event]:
        """Yield the events in the order in which they were put, then remove the folder."""
        files = sorted(self._folder.glob("*.event"), key=lambda file: file.stat().st_mtime_ns)
        for file in files:
            yield _decode(file.read_text(encoding="utf-8"))
        self.close()

    def close(self) -> None:
        """Remove the folder."""
        os.environ.pop(VARIABLE, None)
        shutil.rmtree(self._folder, ignore_errors=True)


def _encode(event: Event) -> str:
    """Write an event as JSON; the bytes of a picture as base64."""
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
