"""List the tables to cut, and hide direct identifiers in their rows.

In: the catalog and parameters of the environment to read. Out: a `Source` for each table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
from kedro.io import DataCatalog

from kedro_asof.contracts.from_catalog import find_contracts
from telco_churn.errors import InvalidTableError
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.ingestion import IngestionParams

ID = "customer_id"
REMOVED = "removed"  # the text in place of a direct identifier; any other value becomes null


@dataclass(frozen=True)
class Source:
    """A table to cut.

    Attributes:
        entry: Its catalog entry.
        table: Its name, without the prefix `raw_`.
        key: The column with the customer; None for a table of no customer.
        listed: The columns that its contract lists.
        kept: Those that ingestion keeps: the others are direct identifiers.
        is_stamped: Whether rows count as known since their file was last changed.
    """

    entry: str
    table: str
    key: str | None
    listed: frozenset[str]
    kept: frozenset[str]
    is_stamped: bool = False

    def check(self, table: ir.Table) -> None:
        """Check that a table has the column with the customer.

        Raises:
            InvalidTableError: Names the table and its columns.
        """
        if self.key and self.key not in table.columns:
            raise InvalidTableError(
                f"Missing column {self.key!r} in {self.entry}: found {list(table.columns)}. Rename "
                "a column under `columns` of its catalog entry."
            )

    def hide_identifiers(self, rows: ir.Table) -> ir.Table:
        """Replace direct identifiers, and leave out the columns that the contract does not list."""
        identifiers, unlisted = self._sort_columns(rows)
        return rows.mutate(**{name: _hide(rows[name]) for name in identifiers}).drop(*unlisted)

    def describe(self, table: ir.Table, keeps_identifiers: bool) -> Iterator[str]:
        """Yield how the columns and rows of the sample differ from those of the table."""
        identifiers, unlisted = self._sort_columns(table)
        if self.key is None:
            yield f"{self.entry} has no column {ID}: all its rows are in the sample."
        if identifiers and not keeps_identifiers:
            yield f"Direct identifiers of {self.entry} are artificial: {', '.join(identifiers)}."
        if unlisted and not keeps_identifiers:
            yield f"Left out of {self.entry}, not in its contract: {', '.join(unlisted)}."

    def _sort_columns(self, table: ir.Table) -> tuple[list[str], list[str]]:
        """Return the listed columns that ingestion drops, and the columns that are not listed."""
        left = [name for name in table.columns if name not in self.kept]
        listed = [name for name in left if name in self.listed]
        return listed, [name for name in left if name not in self.listed]


def list_sources(catalog: DataCatalog, parameters: Mapping[str, Any]) -> list[Source]:
    """List the tables of ingestion, and those that only features read, customers first."""
    ingestion = IngestionParams.model_validate(parameters["ingestion"])
    features = FeatureParams.model_validate(parameters["features"])
    contracts = find_contracts(catalog, [f"raw_{name}" for name in ingestion.tables])
    sources = []
    for name, table in ingestion.tables.items():
        kept = table.contract.to_schema().columns
        raw = contracts.get(f"raw_{name}")
        listed = raw.to_schema().columns if raw else kept
        key = ID if ID in kept else None
        stamped = table.loaded_at is not None
        sources.append(
            Source(f"raw_{name}", name, key, frozenset(listed), frozenset(kept), stamped)
        )
    clean = [name for name in features.windows if name not in ingestion.tables]
    for name, contract in find_contracts(catalog, clean).items():
        columns = contract.to_schema().columns
        sources.append(Source(name, name, ID, frozenset(columns), frozenset(columns)))
    return sorted(sources, key=lambda source: source.table != "customers")


def _hide(value: ir.Value) -> ir.Value:
    kind: Any = value.type()
    return ibis.literal(REMOVED) if kind.is_string() else ibis.null(kind)
