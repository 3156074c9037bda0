"""What a run commits for its date: rows, and where they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir


@dataclass(frozen=True)
class DateCommit:
    """The rows of one date and their lineage, committed together by `DatedTable`.

    Attributes:
        rows: The columns of the table.
        lineage: Metadata of the commit, by name; `started_at` (ISO 8601) is required.
        replaces: The table's version that last wrote the date, None if there is none. If another
            version wrote the date meanwhile, nothing is committed.
    """

    rows: ir.Table
    lineage: Mapping[str, Any]
    replaces: int | None = None
