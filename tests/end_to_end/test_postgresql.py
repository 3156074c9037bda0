"""Raw tables in PostgreSQL become the same scores as files, and scores are written back there."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as driver
import pandas as pd
import psycopg
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable
from kedro.framework.startup import bootstrap_project

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.postgresql import PASSWORD, require_postgresql, start_postgresql
from tests.processes import start_run

pytestmark = pytest.mark.slow

TABLES = ("customers", "subscriptions", "usage", "invoices", "contacts", "cancellations")
# The types that an operator would choose: decimals for amounts, a time for a contact.
TYPES = {
    "customers": {"customer_id": "varchar(32)", "full_name": "varchar(200)"},
    "subscriptions": {"monthly_price": "numeric(10, 2)", "contract_months": "smallint"},
    "usage": {"data_mb": "numeric", "sms_count": "integer"},
    "invoices": {"amount": "numeric(12, 2)"},
    "contacts": {"contacted_on": "timestamptz"},
}
USING = {"numeric": "{0}::text::numeric", "timestamptz": "({0} + time '12:00') at time zone 'UTC'"}
INGEST_AND_SCORE = ("--pipelines", "ingestion,scoring")


@pytest.fixture(scope="module")
def database(finished_project: ProjectCopy) -> Iterator[str]:
    """A database with the raw tables of the finished project."""
    require_postgresql()
    with start_postgresql() as server:
        address = server.create("operator")
        for name in TABLES:
            load_table(address, finished_project.data / "01_raw" / name, f"raw_{name}")
            with psycopg.connect(address) as connection:
                for column, kind in TYPES.get(name, {}).items():
                    using = USING.get(kind.partition("(")[0], "{0}").format(column)
                    connection.execute(
                        f"alter table raw_{name} alter {column} type {kind} using {using}".encode()
                    )
        yield address


def load_table(address: str, folder: Path, table: str) -> None:
    with driver.connect(address) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest(table, pq.read_table(folder))
        connection.commit()


@pytest.fixture
def operator(project: ProjectCopy, database: str, monkeypatch: pytest.MonkeyPatch) -> ProjectCopy:
    """The finished project, whose environment `postgres` has the same model and the database."""
    with (project.path / "conf" / "postgres" / "globals.yml").open("a") as file:
        file.write("model_name: telco_churn_test\n")
    monkeypatch.setenv("OPERATOR_DATABASE", database)
    return project


def read_written(database: str) -> pd.DataFrame:
    with driver.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("select * from churn_scores")
        rows = cursor.fetch_arrow_table().to_pandas()
    return rows.sort_values("customer_id", ignore_index=True)


def read_committed(data: Path) -> pd.DataFrame:
    rows = DeltaTable(data / "07_model_output" / "churn_scores").to_pandas()
    return rows.sort_values("customer_id", ignore_index=True)


def run(operator: ProjectCopy, *arguments: str, **options: Any) -> tuple[int, str]:
    with start_run(operator, *arguments, env="postgres", **options) as started:
        output, _ = started.communicate()
    assert PASSWORD not in output
    return started.returncode, output


def test_tables_in_postgresql_become_the_scores_of_the_same_files(
    operator: ProjectCopy, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, output = run(operator, *INGEST_AND_SCORE)
    assert code == 0, output
    from_files, data = operator.data, operator.path / "data" / "postgres"
    for report in ("ingestion_report.csv", "late_value_report.csv"):
        counted = [place / "02_intermediate" / report for place in (from_files, data)]
        assert counted[0].read_text() == counted[1].read_text()
    expected, scores = read_committed(from_files), read_committed(data)
    run_facts = ["scored_at"]
    pd.testing.assert_frame_equal(
        scores.drop(columns=run_facts), expected.drop(columns=run_facts), check_exact=True
    )
    written = read_written(database)
    assert len(written) > 500
    pd.testing.assert_frame_equal(written, scores[written.columns], check_exact=True)

    # A run that is killed inside the transaction leaves the rows before; the next one delivers.
    again = ("--pipelines", "scoring", "--params", "scoring.rescore=true")
    code, _ = run(operator, *again, after="adbc_driver_manager.dbapi:Cursor.adbc_ingest")
    assert code == -signal.SIGKILL
    pd.testing.assert_frame_equal(read_written(database), written, check_exact=True)
    result = operator.run("--pipelines", "scoring", env="postgres")
    assert result.exit_code == ExitCode.NOTHING_TO_DO, result.output
    repeated = read_written(database)
    assert (repeated["scored_at"] > written["scored_at"]).all()
    pd.testing.assert_frame_equal(
        repeated.drop(columns=run_facts), written.drop(columns=run_facts), check_exact=True
    )

    # A date whose scores did not reach the database is delivered by the next run.
    earlier = ("--pipelines", "scoring", "--params", "as_of=2026-09-21")
    monkeypatch.setenv("OPERATOR_DATABASE", f"postgresql://churn:{PASSWORD}@127.0.0.1:9/operator")
    result = operator.run(*earlier, env="postgres")
    assert result.exit_code == ExitCode.FAILED, result.output
    assert (
        "Error: delivered_scores: Cannot connect to PostgreSQL: connection to server at"
        in result.output
    )
    monkeypatch.setenv("OPERATOR_DATABASE", database)
    result = operator.run(*earlier, env="postgres")
    assert result.exit_code == ExitCode.DONE, result.output
    assert "This run only wrote" in result.output
    dates = read_written(database)["as_of"].astype(str)
    assert set(dates) == {"2026-09-21", "2026-09-28"}
    assert (dates == "2026-09-28").sum() == len(written)
    files = [file for file in operator.path.rglob("*") if file.is_file()]
    assert [file for file in files if PASSWORD.encode() in file.read_bytes()] == []


def test_a_sample_of_the_database_has_the_rows_of_a_sample_of_the_files(
    operator: ProjectCopy,
) -> None:
    bootstrap_project(operator.path)
    from telco_churn.cli import cli  # noqa: PLC0415  (Kedro must bootstrap the project first)

    for env in ("postgres", "test"):
        call = ["sample", "--customers", "200", "--from-env", env, "--to-env", f"from_{env}"]
        result = CliRunner().invoke(cli, call)
        assert result.exit_code == 0, result.output
    for name in TABLES:
        ours, theirs = (
            pq.read_table(operator.path / "data" / env / "01_raw" / name)["customer_id"]
            for env in ("from_postgres", "from_test")
        )
        assert sorted(ours.to_pylist()) == sorted(theirs.to_pylist()), name
    assert not (operator.path / "data" / "postgres" / "01_raw").exists()  # the copies of runs
    assert not (operator.path / "data" / "from_postgres" / ".copies").exists()
    result = operator.run("--pipelines", "ingestion", env="from_postgres")
    assert result.exit_code == 0, result.output


def test_training_and_a_restore_reach_the_database(operator: ProjectCopy, database: str) -> None:
    pipelines = "ingestion,training,scoring"
    result = operator.run("--pipelines", pipelines, env="postgres")
    assert result.exit_code == 0, result.output
    first = read_written(database)
    again = ("--pipelines", "scoring", "--params", "scoring.rescore=true,decision.contact_cost=5")
    result = operator.run(*again, env="postgres")
    assert result.exit_code == 0, result.output
    is_date = first["as_of"].astype(str) == "2026-09-28"
    first = first[is_date].reset_index(drop=True)
    second = read_written(database).query("as_of == @first.as_of[0]").reset_index(drop=True)
    assert not second["expected_value"].equals(first["expected_value"])

    from telco_churn.cli import cli  # noqa: PLC0415  (Kedro must bootstrap the project first)

    call = ["scores", "restore", "--env", "postgres", "--as-of", "2026-09-28", "--version", "0"]
    restored = CliRunner(catch_exceptions=False).invoke(cli, call)
    assert restored.exit_code == 0, restored.output
    written = read_written(database).query("as_of == @first.as_of[0]").reset_index(drop=True)
    assert written["expected_value"].equals(first["expected_value"])


@pytest.mark.parametrize(
    ("change", "statement", "code", "expected"),
    [
        ((PASSWORD, "wrong-pw"), "", ExitCode.FAILED, 'authentication failed for user "churn"'),
        (("127.0.0.1", "127.0.0.9"), "", ExitCode.FAILED, 'server at "127.0.0.9"'),
        (
            ("", ""),
            "alter table raw_customers rename to clients",
            ExitCode.FAILED,
            "Table not found: raw_customers. Found ['public.c",
        ),
        (
            ("", ""),
            "alter table raw_customers rename region to area",
            ExitCode.INVALID_INPUT,
            "missing ['region'], unknown ['area']",
        ),
        (("", ""), "delete from raw_customers", ExitCode.INVALID_INPUT, "The table has no rows"),
    ],
)
def test_a_fault_of_the_database_is_one_line(
    operator: ProjectCopy,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[str, str],
    statement: str,
    code: ExitCode,
    expected: str,
) -> None:
    name = f"fault_{abs(hash((change, statement)))}"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"create database {name} template operator".encode())
    own = database.replace("/operator", f"/{name}")
    if statement:
        with psycopg.connect(own) as connection:
            connection.execute(statement.encode())
    monkeypatch.setenv("OPERATOR_DATABASE", own.replace(*change))
    result = operator.run(*INGEST_AND_SCORE, env="postgres")
    last = result.output.rstrip().splitlines()[-1]
    assert result.exit_code == code, result.output
    assert "Error: " in result.output
    assert expected in last
    assert "Traceback" not in result.output
    assert "wrong-pw" not in result.output
