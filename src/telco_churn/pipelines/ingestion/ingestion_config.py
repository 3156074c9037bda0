"""Compares the judged tables of ingestion.yml with the catalog.

In: parameters and the contracts of the catalog. Out: nothing, or an error before anything runs.
"""

from collections.abc import Mapping
from typing import Any

from kedro_asof.errors import InputError
from telco_churn.parameters.ingestion import JudgedTableParams


class BadJudgedTableError(InputError):
    """The catalog does not fit a judged table."""


def check_ingestion_config(
    tables: Mapping[str, JudgedTableParams], contracts: Mapping[str, Any]
) -> None:
    """Refuse a judged table without its catalog entries, or with another contract there.

    Args:
        tables: The judged tables.
        contracts: The contract of each `raw_<table>` and `<table>` of the catalog, None if it has
            none.

    Raises:
        BadJudgedTableError: Names the table, and what is missing or differs.
    """
    for name, table in tables.items():
        missing = [entry for entry in (f"raw_{name}", name) if entry not in contracts]
        if missing:
            raise BadJudgedTableError(
                f"ingestion.tables has {name}, but the catalog has no {' and no '.join(missing)}. "
                "Add the entry to conf/base/catalog/, or remove the table from "
                "conf/base/parameters/ingestion.yml."
            )
        if contracts[name] not in (None, table.contract):
            raise BadJudgedTableError(
                f"{name} has two contracts: ingestion.tables.{name}.contract is "
                f"{_show(table.contract)}, the validator of its catalog entry is "
                f"{_show(contracts[name])}. Name the same contract in both."
            )


def _show(contract: Any) -> str:
    named = contract if isinstance(contract, type) else type(contract)
    return f"{named.__module__}.{named.__qualname__}"
