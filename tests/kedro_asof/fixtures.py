"""What tests of kedro_asof share: an engine, and a repository. Other tests use them, too.

Without the project around the library, pytest loads this module by `-p tests.kedro_asof.fixtures`.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, settings

# Hypothesis draws the same examples in every run, so that only a change can fail a test.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("repeatable")


Put = Callable[[pa.Table], ir.Table]


Ask = Callable[[dict[str, ir.Table]], ir.Table]
# ibis needs longer to write the SQL of many features than DuckDB to run it. The SQL is therefore
# cached by columns, together with the expression, which owns its tables in memory.
_asked: dict[tuple[object, ...], tuple[ir.Table, str]] = {}


def ask_engine(
    engine: ibis.BaseBackend, tables: dict[str, pa.Table], ask: Ask, *question: object
) -> pd.DataFrame:
    """Return the rows of `ask` for the tables; `question` names its other dependencies."""
    held = {
        name: engine.create_table(f"asked_{name}", table, temp=True, overwrite=True)
        for name, table in tables.items()
    }
    key = (*question, *((name, table.schema()) for name, table in held.items()))
    if key not in _asked:
        expression = ask(held)
        expression.to_pyarrow()  # registers the tables in memory of the expression
        _asked[key] = expression, ibis.to_sql(expression)
    return engine.raw_sql(_asked[key][1]).df()


@pytest.fixture(scope="session")
def engine() -> ibis.BaseBackend:
    return ibis.duckdb.connect()


@pytest.fixture(scope="session")
def put(engine: ibis.BaseBackend) -> Callable[[pa.Table], ir.Table]:
    """Return a function that puts an Arrow table into the engine."""
    return lambda table: engine.create_table(ibis.util.gen_name("test"), table, temp=True)


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return its output."""
    author = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    command = ["git", "-C", str(folder), *author, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with one commit of one file."""
    git(tmp_path, "init")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path
