"""The features of one event table of a small operator, from its tiles, without Kedro."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.datasets.monthly_table import MonthlyTable
from kedro_asof.datasets.tile_table import TileTable
from telco_churn.parameters.features import FeatureParams, TileParams
from telco_churn.pipelines.features.nodes import aggregate_events
from telco_churn.pipelines.features.tiles import update_tiles
from tests.conftest import feature_params
from tests.pipelines.ingestion.small_deliveries import DUCKDB, Ingestion

CUSTOMERS = ["a", "b", "c"]


@dataclass
class TiledTable:
    """An ingested table and its tiles.

    Attributes:
        primary: The folder of the table.
        name: The name of the table.
        features: The declaration.
        connection: The engine.
    """

    primary: Path
    name: str
    features: FeatureParams
    connection: Mapping[str, Any] = field(default_factory=lambda: DUCKDB)

    @classmethod
    def of(cls, ingestion: Ingestion, **changes: Any) -> "TiledTable":
        """Return the tiles of a table with deliveries; `changes` are those of the declaration."""
        tiles = TileParams(tables=[ingestion.name], week_starts_on="monday")
        features = feature_params().model_copy(update={"tiles": tiles, **changes})
        return cls(ingestion.primary, ingestion.name, features, ingestion.connection)

    @property
    def folder(self) -> Path:
        return self.primary.parent / f"{self.name}_tiles"

    @property
    def table(self) -> TileTable:
        return TileTable(
            filepath=str(self.folder),
            events={"filepath": str(self.primary)},
            connection=dict(self.connection),
        )

    def load_events(self) -> ir.Table:
        contract = {"usage": "Usage", "contacts": "Contacts"}[self.name]
        return MonthlyTable(
            filepath=str(self.primary),
            connection=dict(self.connection),
            contract=f"telco_churn.contracts.{contract}",
        ).load()

    def update(self, dates: Sequence[date]) -> list[date]:
        """Make the tiles that dates need; return the weeks that were made."""
        before = self.table.load()
        change = update_tiles(self.name)(list(dates), before, self.load_events(), self.features)
        self.table.save(change)
        return change.weeks

    def compute(self, dates: Sequence[date]) -> pd.DataFrame:
        """Compute the features of all customers from tiles."""
        snapshots, events = self._list_snapshots(dates), self.load_events()
        tiles = self.table.load()
        aggregate = aggregate_events(self.name)
        return _read(aggregate(snapshots, list(dates), events, self.features, tiles))

    def compute_from_rows(self, dates: Sequence[date]) -> pd.DataFrame:
        """Compute the same features without tiles."""
        snapshots, events = self._list_snapshots(dates), self.load_events()
        aggregate = aggregate_events(self.name)
        return _read(aggregate(snapshots, list(dates), events, self.features))

    def _list_snapshots(self, dates: Sequence[date]) -> ir.Table:
        pairs = [(customer, day) for customer in CUSTOMERS for day in dates]
        customers, days = zip(*pairs, strict=True)
        return ibis.memtable(
            {"customer_id": customers, "as_of": days},
            schema={"customer_id": "string", "as_of": "date"},
        )


def _read(features: ir.Table) -> pd.DataFrame:
    return features.to_pandas().sort_values(["as_of", "customer_id"], ignore_index=True)
