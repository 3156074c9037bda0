"""The handwritten features in three other tools, each written independently."""

import importlib
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.agreement import find_differences
from telco_churn.contracts import IDENTIFIERS
from tests.conftest import simulate_tables, simulation_params
from tests.small_operator import compute_features

# One date with past and future rows, one with a past shorter than the windows.
DATES = [date(2025, 10, 1), date(2025, 5, 12)]


@pytest.fixture(scope="module")
def operator() -> dict[str, pa.Table]:
    tables = simulate_tables(simulation_params(customers=300, weeks=32))
    return tables | {"customers": tables["customers"].drop_columns(list(IDENTIFIERS))}


@pytest.fixture(scope="module")
def primary(operator: dict[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the tables to files, which the benchmarks read."""
    folder = tmp_path_factory.mktemp("primary")
    for name, table in operator.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return folder


@pytest.mark.parametrize("as_of", DATES, ids=str)
@pytest.mark.parametrize("tool", ["duckdb", "polars", "pandas"])
def test_features_written_by_hand_agree(
    tool: str,
    as_of: date,
    operator: dict[str, pa.Table],
    primary: Path,
    engine: ibis.BaseBackend,
    tmp_path: Path,
) -> None:
    pytest.importorskip(tool)
    ours, theirs = tmp_path / "ours.parquet", tmp_path / "theirs.parquet"
    compute_features(operator, [as_of], engine).to_parquet(ours)

    by_hand = importlib.import_module(f"benchmarks.features_{tool}")
    by_hand.compute_features(primary, as_of, theirs)

    assert find_differences(ours, theirs) == []


def test_a_difference_is_found(
    operator: dict[str, pa.Table], engine: ibis.BaseBackend, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours.parquet", tmp_path / "theirs.parquet"
    features = compute_features(operator, DATES[:1], engine)
    features.to_parquet(ours)
    features.assign(monthly_price=features["monthly_price"] + 1e-3).to_parquet(theirs)

    (difference,) = find_differences(ours, theirs)

    assert difference.startswith("monthly_price in ")
