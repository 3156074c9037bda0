"""An event table of a small operator that is ingested delivery by delivery, without Kedro."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kedro_asof.contracts.row_rules import column_types
from kedro_asof.datasets.delivery_folder import DeliveryFolder
from kedro_asof.datasets.delivery_log import DeliveryLog
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.datasets.monthly_table import MonthlyState, MonthlyTable
from kedro_asof.params import Timezone
from telco_churn.parameters.ingestion import IngestionParams, JudgedTableParams
from telco_churn.pipelines.ingestion import delivered_tables, nodes
from telco_churn.pipelines.ingestion.customer_changes import compare_customers
from telco_churn.pipelines.ingestion.new_deliveries import find_deliveries
from tests.conftest import ZONE, read_parameters

DUCKDB = {"backend": "duckdb", "database": ":memory:", "enable_external_file_cache": False}
PARAMS = IngestionParams(**read_parameters("ingestion"))
Rows = Sequence[Mapping[str, Any]]


def customers_table(ids: Sequence[str]) -> ir.Table:
    """Return checked customers who are all trusted."""
    schema = {"customer_id": "string", "broken_rule": "string"}
    return ibis.memtable(
        {"customer_id": list(ids), "broken_rule": [None] * len(ids)}, schema=schema
    )


@dataclass
class Ingestion:
    """One table, its folder of deliveries, and the customers of the last run."""

    folder: Path
    name: str
    connection: Mapping[str, Any] = field(default_factory=lambda: DUCKDB)
    params: IngestionParams = PARAMS
    customers: Sequence[str] | None = None
    file_format: str = "parquet"

    @property
    def table(self) -> JudgedTableParams:
        return self.params.tables[self.name]

    @property
    def raw(self) -> Path:
        return self.folder / "01_raw" / self.name

    @property
    def primary(self) -> Path:
        return self.folder / "03_primary" / self.name

    @property
    def checked(self) -> Path:
        return self.folder / "02_intermediate" / f"checked_{self.name}"

    def deliver(self, file: str, rows: Rows, schema: pa.Schema | None = None) -> Path:
        """Write a file, or replace it."""
        self.raw.mkdir(parents=True, exist_ok=True)
        types = {**column_types(self.table.contract)}
        names = list(rows[0])
        kept = schema or ibis.schema({name: types[name] for name in names}).to_pyarrow()
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], kept), self.raw / file)
        return self.raw / file

    def run(self, customers: Sequence[str], stop_after: str = "") -> delivered_tables.PlannedChange:
        """Ingest what is new, as the pipeline does for one table."""
        connection = dict(self.connection)
        contract = f"{self.table.contract.__module__}.{self.table.contract.__qualname__}"
        state = MonthlyState(
            filepath=str(self.primary),
            checked={"filepath": str(self.checked)},
            connection=connection,
        )
        keys_table = EngineTable(
            filepath=str(self.folder / "02_intermediate" / "keys.parquet"), connection=connection
        )
        before = None if self.customers is None else customers_table(self.customers)
        changes = compare_customers(customers_table(customers), before)
        raw = DeliveryFolder(
            filepath=str(self.raw), connection=connection, file_format=self.file_format
        ).load()
        new = find_deliveries(self.name, self.table)(raw, state.load(), Timezone(ZONE), self.params)
        keys_table.save(delivered_tables.find_keys_to_settle(self.table)(new, changes))
        keys = keys_table.load()
        checked = self.open_checked()
        checked.save(delivered_tables.check_new_rows(self.table)(new, keys, changes))
        planned = delivered_tables.plan_change(self.table)(new, keys, checked.load(), changes)
        if stop_after == "checked":
            return planned
        MonthlyTable(
            filepath=str(self.primary),
            checked={"filepath": str(self.checked)},
            connection=connection,
            contract=contract,
        ).save(delivered_tables.trust_change(planned, None))
        self.customers = list(customers)
        return planned

    def open_checked(self) -> MonthlyTable:
        return MonthlyTable(
            filepath=str(self.checked),
            connection=dict(self.connection),
            contract="telco_churn.contracts.CheckedDeliveries",
        )

    def read_kept(self) -> pd.DataFrame:
        """Return the trusted rows, by key."""
        state = MonthlyState(
            filepath=str(self.primary),
            checked={"filepath": str(self.checked)},
            connection=dict(self.connection),
        ).load()
        kept = state.open_kept()
        assert kept is not None
        columns = [name for name in column_types(self.table.contract) if name in kept.columns]
        frame = kept.select(*columns).to_pandas()
        return frame.sort_values(list(self.table.contract.to_schema().unique), ignore_index=True)

    def read_rejected(self) -> Counter[tuple[str, ...]]:
        """Return key, rule and content of the rejected rows."""
        rows = nodes.collect_rejected_rows({self.name: self.table.contract})(
            **{self.name: self.open_checked().load()}
        )
        return Counter(tuple(map(str, row.values())) for row in rows.to_pyarrow().to_pylist())

    def read_log(self) -> pd.DataFrame:
        return DeliveryLog(
            filepath=str(self.primary.parent),
            checked={"filepath": str(self.checked.parent)},
            connection=dict(self.connection),
        ).load()
