"""Compare the tables of ingestion.yml with the catalog.

In: parameters and the contracts of the catalog. Out: nothing, or an error before any node runs.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kedro_asof.suggestions import suggest
from telco_churn.errors import InvalidTableError
from telco_churn.parameters.ingestion import IngestionParams, JudgedTableParams


def check_ingestion_config(
    tables: Mapping[str, JudgedTableParams],
    contracts: Mapping[str, Any],
    entries: Iterable[str] = (),
) -> None:
    """Check that each table has both catalog entries, and the same contract there.

    Args:
        tables: The tables of ingestion.yml.
        contracts: The contract of each `raw_<table>` and `<table>` of the catalog, None for an
            entry without one.
        entries: The names of all catalog entries, to suggest the one that is meant.

    Raises:
        InvalidTableError: If an entry is missing or its contract differs; names the table.
    """
    for name, table in tables.items():
        missing = [entry for entry in (f"raw_{name}", name) if entry not in contracts]
        if missing:
            raise InvalidTableError(
                f"Missing catalog entries for ingestion.tables.{name}: expected "
                f"{' and '.join(missing)}.{suggest(missing[0], entries)} Add them to "
                "conf/base/catalog/, or remove the table from conf/base/parameters/ingestion.yml."
            )
        if contracts[name] not in (None, table.contract):
            raise InvalidTableError(
                f"Invalid contract {_show(table.contract)} in ingestion.tables.{name}.contract: "
                f"expected {_show(contracts[name])}, the validator of the catalog entry {name}. "
                "Name the same contract in both."
            )


def check_delivery_types(tables: Mapping[str, JudgedTableParams], monthly: Collection[str]) -> None:
    """Check that the tables with an `event_date` are monthly tables, and no others.

    Args:
        tables: The tables of ingestion.yml.
        monthly: The names of the catalog entries of type `MonthlyTable`.

    Raises:
        InvalidTableError: Names the table.
    """
    for name, table in tables.items():
        if (table.event_date is not None) != (name in monthly):
            found = "a MonthlyTable" if name in monthly else "no MonthlyTable"
            raise InvalidTableError(
                f"Invalid event_date {table.event_date} in ingestion.tables.{name}: its catalog "
                f"entry {name} is {found}. A table whose files are ingested once each needs an "
                "event_date, and MonthlyTable for the entries of its trusted and checked rows. A "
                "table that is delivered whole has neither."
            )


def check_delivery_names(params: IngestionParams) -> None:
    """Check that `withdraw` and `restore` name files of tables with deliveries.

    Raises:
        InvalidTableError: Names the file and the tables.
    """
    known = [name for name, table in params.tables.items() if table.event_date is not None]
    for parameter in ("withdraw", "restore"):
        for file in getattr(params, parameter):
            table = file.partition("/")[0]
            if table not in known or "/" not in file:
                raise InvalidTableError(
                    f"Invalid file {file!r} in ingestion.{parameter}: expected table/file with one "
                    f"of the tables {known}, which have an event_date and are not absent."
                    f"{suggest(table, known)}"
                )


def _show(contract: Any) -> str:
    named = contract if isinstance(contract, type) else type(contract)
    return f"{named.__module__}.{named.__qualname__}"
