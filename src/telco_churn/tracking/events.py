"""What happened in a run, as plain data: ready to be logged by this process or another.

Whatever is in an event has been redacted and capped.
"""

from dataclasses import dataclass, field
from typing import Any


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
    """A chart of columns of a table; what `LogPlot` says of it."""

    table: Table
    kind: str
    x: str
    y: str | None
    title: str


@dataclass(frozen=True)
class Picture:
    """An encoded picture; `suffix` says how."""

    name: str
    content: bytes
    suffix: str
    caption: str | None


@dataclass(frozen=True)
class Reference:
    """A kept dataset that was loaded (`is_input`) or saved.

    Attributes:
        name: Of the dataset.
        uri: Where it lies: as the catalog says, never with the folders above the project.
        digest: What tells this content from another; empty where nothing is known.
        facts: Size, rows, version, and what the digest is of.
        file: To upload, where its entry asks for it.
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
