"""Tells whether a file is the very one that kept a contract before, so that nobody checks it twice.

Beside a file that kept its contract lies a seal: what the contract said, and size and time of the
last change of the file. Who replaces the file or changes the contract breaks the seal.
"""

import hashlib
import json
import os
from pathlib import Path

import ibis
import ibis.expr.types as ir
from pandera.ibis import DataFrameSchema

from telco_churn.contracts.row_rules import broken_rules
from telco_churn.engines.origins import Origin, find_origin


class Seal:
    """The seal of the file that a table was read from, for one contract."""

    def __init__(self, table: ir.Table, schema: DataFrameSchema) -> None:
        """Look up the file; a table that is no single file has no seal and is always checked."""
        self._origin: Origin | None = find_origin(table)
        self._contract = _describe_contract(table, schema) if self._origin else ""

    @property
    def holds(self) -> bool:
        """Whether this file, as it was opened, kept this contract before."""
        if self._origin is None:
            return False
        try:
            return json.loads(self._path(self._origin).read_text()) == self._content(self._origin)
        except (OSError, ValueError):  # none, or a broken one
            return False

    def put(self) -> None:
        """Note that the file kept the contract; where nobody may write it stays unsealed."""
        if self._origin is None:
            return
        path = self._path(self._origin)
        partial = path.with_suffix(f".{os.getpid()}")
        try:
            partial.write_text(json.dumps(self._content(self._origin)))
            partial.replace(path)
        except OSError:
            partial.unlink(missing_ok=True)

    def _content(self, origin: Origin) -> dict[str, object]:
        return {"contract": self._contract, "files": [list(file) for file in origin.contents]}

    @staticmethod
    def _path(origin: Origin) -> Path:
        return origin.path.with_name(f".{origin.path.name}.kept")


def _describe_contract(table: ir.Table, schema: DataFrameSchema) -> str:
    """Digest what a contract asks of a table with these columns: types, rules as SQL, key."""
    unread = ibis.table(table.schema(), name="table")
    rules = dict(broken_rules(unread, schema))
    sql = str(ibis.to_sql(unread.select(**rules), dialect="duckdb")) if rules else ""
    types = {name: str(column.dtype.type) for name, column in schema.columns.items()}
    asked = [sql, types, {name: str(kind) for name, kind in table.schema().items()}, schema.unique]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
