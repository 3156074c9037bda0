"""Find the contracts that catalog entries name, under `validator` or as `contract`."""

from collections.abc import Iterable
from typing import Any

from kedro.io import DataCatalog
from kedro.utils import load_obj


def find_contracts(catalog: DataCatalog, tables: Iterable[str]) -> dict[str, Any]:
    """Return the contract of each table in the catalog; None for a table without a contract."""
    return {table: _find_contract(catalog, table) for table in tables if table in catalog}


def _find_contract(catalog: DataCatalog, table: str) -> Any:
    spec = catalog.validator_specs.get(table)
    if spec is None:
        return getattr(catalog.get(table), "contract", None)
    contract = load_obj(spec.class_path)
    return contract(**spec.options) if spec.options else contract
