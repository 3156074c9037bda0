"""The deliveries of a table: files that are opened only when their rows are needed.

In: a listing of files, and a function that opens some of them. Out: their rows, each with the file
it came in. A table that is not made of files counts as one delivery that is always new.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import ibis
import ibis.expr.types as ir

from kedro_asof.deliveries.files import DeliveredFile
from kedro_asof.errors import BrokenContractError

DELIVERED_IN = "delivered_in"  # the column with the name of the file of a row
WHOLE = "(whole table)"

Check = Callable[[ir.Table], object]


@dataclass(frozen=True)
class Deliveries:
    """The files of a table.

    Attributes:
        files: All files, by name.
        read: Opens files by name. Files with the same columns and types are one table; each row has
            `delivered_in`.
        reading: How the catalog entry changes what is read, as text; another text means other rows.
        checks: Called with the rows of each file before they are used.
    """

    files: Sequence[DeliveredFile]
    read: Callable[[Sequence[str]], Mapping[tuple[str, ...], ir.Table]]
    reading: str = ""
    checks: tuple[Check, ...] = field(default=())

    def check_with(self, check: Check) -> "Deliveries":
        """Return deliveries of which each table is checked when it is opened."""
        return replace(self, checks=(*self.checks, check))

    def open(self, names: Sequence[str]) -> dict[tuple[str, ...], ir.Table]:
        """Open files.

        Args:
            names: Names of files.

        Returns:
            By the names of files with the same columns and types: their rows, with `delivered_in`.

        Raises:
            InvalidDataError: When a file cannot be read, or does not pass a check; names the file.
        """
        opened = dict(self.read(names)) if names else {}
        for files, rows in opened.items():
            for check in self.checks:
                try:
                    check(rows.drop(DELIVERED_IN))
                except BrokenContractError as error:
                    raise BrokenContractError(f"{_name(files)}: {error}") from error
        return opened

    def as_table(self) -> ir.Table:
        """Return the rows of all files, without `delivered_in`."""
        opened = self.open([file.name for file in self.files])
        return ibis.union(*[rows.drop(DELIVERED_IN) for rows in opened.values()])


def _name(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


class _TableAsFile(DeliveredFile):
    """A table that is not a file: each listing is a new content."""

    def take_digest(self) -> str:
        """Return a text that no other listing has."""
        return f"listed at {self.modified_ns}"

    def check_unchanged(self) -> None:
        """Do nothing: the engine that holds the table decides what a query sees."""


def as_table(raw: "Deliveries | ir.Table") -> ir.Table:
    """Return the rows of all deliveries, and a table as it is."""
    if isinstance(raw, ir.Table):
        return raw
    return replace(raw, checks=()).as_table()


def as_deliveries(raw: "Deliveries | ir.Table") -> Deliveries:
    """Return deliveries as they are, and a table as one delivery that is always new."""
    if isinstance(raw, Deliveries):
        return raw
    rows = raw.mutate(**{DELIVERED_IN: ibis.literal(WHOLE)})
    file = _TableAsFile(WHOLE, Path(WHOLE), 0, time.time_ns())
    return Deliveries([file], lambda names: {tuple(names): rows})
