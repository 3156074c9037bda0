"""Lists the contenders: commands of this project and of the handwritten baselines.

In: the number of customers. Out: commands, each for a separate process.
"""

from datetime import timedelta
from pathlib import Path

from benchmarks.sample_operator import AS_OF, place, plain_tables

BASELINES = ("DuckDB SQL", "polars", "pandas")
OURS = "this pipeline"
ALONE = "this pipeline, no plugins"
COLD = "the same, no tiles yet"
ROWS = "the same, without tiles"
ALL_OURS = (OURS, ALONE, COLD, ROWS)
WITH_TILES = (OURS, ALONE)  # those that find the tiles of the week before


def feature_commands(customers: int) -> dict[str, str]:
    """Return the command of each contender for the features of one date."""
    scripts = dict(zip(BASELINES, ("duckdb", "polars", "pandas"), strict=True))
    ours = f"{_kedro(customers)} --tags scoring --params as_of={AS_OF}"
    alone = f"python -m benchmarks.features_pipeline {place(customers)}/conf {AS_OF}"
    rows = f"{alone} --without-tiles"
    return {OURS: ours, ALONE: alone, COLD: alone, ROWS: rows} | {
        name: f"python benchmarks/features_{script}.py {plain_tables(customers)} {AS_OF} "
        f"{feature_file(customers, name)}"
        for name, script in scripts.items()
    }


def week_before_command(customers: int) -> str:
    """Return the command that makes the tiles of the week before, as the last weekly run did."""
    before = AS_OF - timedelta(weeks=1)
    return f"{_kedro(customers)} --tags scoring --params as_of={before}"


def feature_file(customers: int, contender: str) -> Path:
    """Return the file to which a contender writes its features."""
    if contender in ALL_OURS:
        features = place(customers) / "04_feature" / "customer_features"
        return features / f"as_of={AS_OF}" / "features.parquet"
    return place(customers) / f"{contender.replace(' ', '_').lower()}.parquet"


def _kedro(customers: int) -> str:
    return f"kedro run --conf-source {place(customers)}/conf --pipelines features"
