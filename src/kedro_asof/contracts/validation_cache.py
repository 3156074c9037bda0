"""Remember that a file met its contract, so that it is checked again only after a change.

The cache is a hidden file next to the checked file. It holds a digest of the contract, and the size
and modification time of the file. A replaced file or a changed contract makes it invalid.
"""

import hashlib
import json
import os

import ibis
import ibis.expr.types as ir
from pandera.ibis import DataFrameSchema

from kedro_asof.contracts.row_rules import broken_rules
from kedro_asof.engines.source_files import find_source_files


class ValidationCache:
    """The cached result for one contract and the file that a table was read from.

    A table without a file, or with renamed columns, has no cache and is always checked.
    """

    def __init__(self, table: ir.Table, schema: DataFrameSchema) -> None:
        """Find the file of the table."""
        source = find_source_files(table)
        self._path = source.path.with_name(f".{source.path.name}.kept") if source else None
        self._content = {
            "contract": digest_contract(table.schema(), schema) if source else "",
            "files": [list(file) for file in source.contents] if source else [],
        }

    @property
    def is_valid(self) -> bool:
        """Whether the file, in the state in which it was opened, already met this contract."""
        try:
            return bool(self._path and json.loads(self._path.read_text()) == self._content)
        except (OSError, ValueError):  # the cache does not exist or cannot be parsed
            return False

    def save(self) -> None:
        """Record that the file meets the contract; do nothing in a folder without write access."""
        if self._path is None:
            return
        partial = self._path.with_suffix(f".{os.getpid()}")
        try:
            partial.write_text(json.dumps(self._content))
            partial.replace(self._path)
        except OSError:
            partial.unlink(missing_ok=True)


def digest_contract(columns: ibis.Schema, schema: DataFrameSchema) -> str:
    """Return a digest of a contract for a table with these columns: types, rules as SQL, key."""
    unread = ibis.table(columns, name="table")
    rules = dict(broken_rules(unread, schema))
    sql = str(ibis.to_sql(unread.select(**rules), dialect="duckdb")) if rules else ""
    types = {name: str(column.dtype.type) for name, column in schema.columns.items()}
    asked = [sql, types, {name: str(kind) for name, kind in columns.items()}, schema.unique]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
