"""The rows and lineage that a run commits for its date."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir


@dataclass(frozen=True)
class DateCommit:
    """The rows of one date and their lineage, committed together by `DatedTable`.

    Attributes:
        rows: The rows, with the columns of the table.
        lineage: Metadata of the commit, by name; `started_at` (ISO 8601) is required.
        replaces: The version of the table that last wrote the date; None if no version did. If
            another run writes the date first, nothing is committed.
    """

    rows: ir.Table
    lineage: Mapping[str, Any]
    replaces: int | None = None
