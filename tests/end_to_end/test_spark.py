"""Spark computes the same features and scores as DuckDB, and runs the model in executors."""

import os
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from deltalake import DeltaTable
from kedro.io import DatasetError

from kedro_asof.contracts.execution import check_rules
from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.datasets.engine_table import EngineTable
from kedro_asof.date_commit import DateCommit
from kedro_asof.delivered_values import ColumnCast, ValueMap, read_values
from kedro_asof.engines import connect, find_engine, map_batches
from kedro_asof.errors import BrokenContractError
from kedro_asof.local_time import cast_to_calendar
from telco_churn.contracts import Contacts
from telco_churn.pipelines.ingestion.reports import report_late_values
from telco_churn.pipelines.ingestion.row_checks import check_rows, select_rejected
from telco_churn.pipelines.scoring import unseen_categories
from telco_churn.pipelines.scoring.unseen_categories import count_customers
from tests.conftest import PROJECT, ZONE, ProjectCopy, simulate_tables, simulation_params
from tests.kedro_asof.datasets.small_scores import LINEAGE, SCHEMA, Scores
from tests.kedro_asof.datasets.small_scores import ROW as SCORE
from tests.kedro_asof.datasets.small_scores import commit as commit_of
from tests.pipelines.features.small_tiles import TiledTable
from tests.pipelines.ingestion.small_deliveries import Ingestion
from tests.pipelines.release.small_models import make_features, make_version
from tests.small_operator import feature_expression

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("spark"),  # one Spark session at a time on a machine
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, none is on PATH"),
]
CONFIGURED = yaml.safe_load((PROJECT / "conf" / "spark" / "globals.yml").read_text())["engine"]
SPARK = CONFIGURED | {"spark.sql.shuffle.partitions": 2, "spark.driver.memory": "2g"}
DUCKDB = {"backend": "duckdb", "database": ":memory:"}
KEY = ["as_of", "customer_id"]
TILED_DATE = date(2026, 2, 16)


@pytest.fixture(scope="module")
def spark() -> Iterator[ibis.BaseBackend]:
    pytest.importorskip("pyspark")
    connection = connect(SPARK)
    yield connection
    connection.disconnect()


running_spark = pytest.mark.usefixtures("spark")


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the files of a small operator's tables for both engines, with rows loaded late."""
    folder = tmp_path_factory.mktemp("operator")
    tables = simulate_tables(simulation_params(customers=200))
    del tables["true_hazard"]
    for name, happened_on in {"usage": "day", "contacts": "contacted_on"}.items():
        tables[name] = load_late(tables[name], happened_on)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in tables}


@running_spark
@pytest.mark.parametrize("most_listed", [1_000, 0])
def test_spark_counts_categories_never_seen(
    most_listed: int,
    spark: ibis.BaseBackend,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unseen_categories, "MOST_LISTED", most_listed)
    rows = make_features(6, ("tenure_days", "plan")).assign(plan=["basic", None, *["gold"] * 4])
    view = spark.create_view(f"strangers_{most_listed}", ibis.memtable(rows))
    assert count_customers(view, make_version()) == 6
    assert "4 of 6 customers have a value of plan" in caplog.text
    assert "example ['gold']" in caplog.text


@running_spark
def test_spark_judges_ids_counts_and_late_values_as_duckdb_does(spark: ibis.BaseBackend) -> None:
    contacts = pd.DataFrame({"contact_id": ["a", " ", "x" * 300, "b"], "customer_id": "c"})
    contacts = contacts.assign(contacted_on=date(2026, 1, 5), channel="chat", topic="bill")
    contacts = contacts.assign(resolved_on=date(1900, 1, 1), satisfaction=True)
    rows = spark.create_view("contacts_of_any_kind", ibis.memtable(contacts))
    checked = check_rows(rows, Contacts, ZONE)
    rejected = select_rejected(checked, "contacts", Contacts).order_by("key").to_pyarrow()
    assert rejected["rule"].to_pylist() == ["contact_id_too_short", "contact_id_too_long"]
    assert rejected["key"].to_pylist() == [" ", "x" * 200 + "…[cut]"]
    report = report_late_values(contacts=checked)
    assert report[["column", "outcome", "values"]].to_numpy().tolist() == [
        ["resolved_on", "kept", 0],
        ["resolved_on", "blanked_resolved_on_after_contact_broken", 2],
        ["satisfaction", "kept", 0],
        ["satisfaction", "blanked_satisfaction_type", 2],
    ]
    typed = rows.mutate(satisfaction=ibis.null("int64"), resolved_on=ibis.null("date"))
    with pytest.raises(BrokenContractError, match=r"contact_id_too_short in 1 .*_too_long in 1 "):
        check_rules(typed, Contacts.to_schema())


@running_spark
def test_spark_dates_times_with_and_without_a_zone_as_duckdb_does(
    spark: ibis.BaseBackend, engine: ibis.BaseBackend, tmp_path: Path
) -> None:
    texts = ["2026-09-26T22:00:00Z", "2026-10-25 00:30+02", "2026-9-7", "2026-09-27 noon", "2026"]
    instants = [datetime(2026, 9, 26, 22), datetime(2026, 3, 29, 1), datetime(2026, 10, 25, 0, 30)]
    times = {
        "zoned": pa.array([*instants, None, None], pa.timestamp("us", tz="UTC")),
        "naive": pa.array([*instants, None, None], pa.timestamp("us")),
        "text": texts,
    }
    pq.write_table(pa.table(times | {"n": range(5)}), tmp_path / "times.parquet")

    def date_times(connection: ibis.BaseBackend) -> list[dict[str, object]]:
        rows = connection.read_parquet(tmp_path / "times.parquet")
        cast = {
            f"{name}_{kind}": cast_to_calendar(rows[name], ibis.dtype(kind), "Europe/Berlin")
            for name in times
            for kind in ("date", "timestamp")
        }
        delivered = find_engine(connection.name).from_local(rows.naive, "Asia/Tokyo")
        back = cast_to_calendar(delivered, ibis.dtype("timestamp"), "Europe/Berlin")
        return rows.select("n", **cast, back=back).order_by("n").to_pyarrow().to_pylist()

    found = date_times(spark)
    assert found == date_times(engine)
    assert [row["zoned_date"] for row in found[:1]] == [date(2026, 9, 27)]


@running_spark
def test_spark_casts_and_maps_delivered_values_as_duckdb_does(
    spark: ibis.BaseBackend, engine: ibis.BaseBackend, tmp_path: Path
) -> None:
    table = {
        "day": ["27.09.2026", "7.9.26", "31.02.2026", "00.00.0000"],
        "month": ["27-SEP-26", "1 may 2026", "1-MAY-68", "1-MAY-69"],
        "at": ["2026-09-26 22:00", "2026-09-26T22:00:00Z", "2026-09-26", "noon"],
        "fee": ["1.234,5", "12", "1.23", "viel"],
        "segment": ["RES", "COM", None, "VIP"],
        "code": [1, 2, 3, None],
        "n": range(4),
    }
    pq.write_table(pa.table(table), tmp_path / "table.parquet")
    casts = {
        "day": ColumnCast(format="%d.%m.%Y", missing=["00.00.0000"]),
        "month": ColumnCast(format="%d-%b-%y"),
        "at": ColumnCast(timezone="UTC"),
        "fee": ColumnCast(decimal=",", thousands="."),
    }
    maps = {"segment": ValueMap({"RES": "consumer"}), "code": ValueMap({1: "a", 2: None})}
    spark_rows, duckdb_rows = [
        read_values(connection.read_parquet(tmp_path / "table.parquet"), casts, maps)
        .order_by("n")
        .to_pyarrow()
        .to_pylist()
        for connection in (spark, engine)
    ]
    assert spark_rows == duckdb_rows


def load_late(table: pa.Table, happened_on: str) -> pa.Table:
    """Set `loaded_at` to three in the morning, up to three weeks after the event."""
    lag = pd.to_timedelta(np.arange(len(table)) % 21 * 24 + 3, unit="h")
    moment = pd.to_datetime(table[happened_on].to_pandas()) + lag
    return table.append_column("loaded_at", pa.array(moment, pa.timestamp("us")))


def compute(
    engine: ibis.BaseBackend, operator: dict[str, Path], dates: list[date]
) -> tuple[ibis.Schema, pd.DataFrame]:
    tables = {name: engine.read_parquet(path) for name, path in operator.items()}
    features = feature_expression(tables, dates)
    return features.schema(), features.to_pyarrow().to_pandas().sort_values(KEY, ignore_index=True)


@pytest.mark.parametrize(
    "dates",
    [[date(2026, 9, 28)], [date(2026, 7, 6), date(2026, 8, 3), date(2026, 8, 31)]],
    ids=["one date, as for scoring", "several, as for training"],
)
def test_features_are_those_of_duckdb(
    dates: list[date], spark: ibis.BaseBackend, operator: dict[str, Path]
) -> None:
    expected_schema, expected = compute(ibis.duckdb.connect(), operator, dates)
    schema, features = compute(spark, operator, dates)
    assert schema.names == expected_schema.names
    assert len(features) > 100 * len(dates)
    pd.testing.assert_frame_equal(features, expected, rtol=1e-9, atol=0, check_dtype=False)


def test_python_runs_in_executors_and_not_in_this_process(spark: ibis.BaseBackend) -> None:
    schema = pa.schema({"pid": pa.int64()})
    rows = ibis.memtable({"n": [1, 2, 3]})
    spark.create_view("numbers", rows, overwrite=True)

    def tell(batch: pa.RecordBatch) -> pa.RecordBatch:
        return pa.RecordBatch.from_pydict({"pid": [os.getpid()] * batch.num_rows}, schema)

    pids = map_batches(spark.table("numbers"), tell, schema).pid.to_pyarrow().to_pylist()
    assert len(pids) == 3
    assert os.getpid() not in pids


@running_spark
def test_scoring_gives_the_scores_of_duckdb_in_one_commit(
    project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = DeltaTable(project.data / "07_model_output" / "churn_scores")
    expected = _comparable(before.to_pandas())
    _keep_to_the_tables_of_test(project)
    written = _record_plans(monkeypatch)
    result = project.run("--pipelines", "scoring", env="spark")
    assert result.exit_code == 0, result.output
    after = DeltaTable(project.data / "07_model_output" / "churn_scores")
    assert after.version() == before.version() + 1
    pd.testing.assert_frame_equal(_comparable(after.to_pandas()), expected, rtol=1e-9, atol=0)
    (plan,) = [plan for path, plan in written if "churn_predictions" in path.parts]
    assert "MapInArrow" in plan  # the model runs in the executors
    again = project.run("--pipelines", "scoring")  # DuckDB reads and replaces what Spark wrote
    assert again.exit_code == 0, again.output
    pd.testing.assert_frame_equal(
        _comparable(DeltaTable(after.table_uri).to_pandas()), expected, rtol=0, atol=0
    )


@running_spark
def test_deliveries_give_the_tables_of_duckdb_with_any_engine_in_turn(tmp_path: Path) -> None:
    day, visit = date(2026, 1, 31), {"channel": "chat", "topic": "billing"}
    weeks = [
        [(number, day + timedelta(days=number), "a") for number in range(3)],
        [(2, day + timedelta(days=2), "a"), (2, day, "a"), (3, day, "b"), (4, day, "stranger")],
        [(5, day + timedelta(days=9), "b"), (1, day + timedelta(days=1), "a")],
    ]
    tables = {
        name: Ingestion(tmp_path / name, "contacts", engines[0])
        for name, engines in (("duckdb", [DUCKDB]), ("spark", [SPARK]), ("both", [SPARK]))
    }
    for week, rows in enumerate(weeks):
        for name, table in tables.items():
            table.deliver(
                f"week-{week}.parquet",
                [
                    {"contact_id": f"k{number}", "customer_id": customer, "contacted_on": on}
                    | visit
                    | {"resolved_on": date(1900, 1, 1) if number == 3 else on, "satisfaction": 4}
                    for number, on, customer in rows
                ],
            )
            if name == "both":
                table.connection = DUCKDB if week == 1 else SPARK
            table.run(["a", "b"])
            TiledTable.of(table).update([TILED_DATE])
    for name in ("spark", "both"):
        table, expected = tables[name], tables["duckdb"]
        table.connection = DUCKDB  # any engine reads what another wrote
        pd.testing.assert_frame_equal(table.read_kept(), expected.read_kept())
        assert table.read_rejected() == expected.read_rejected()
        compared = ["file", "rows", "kept", "duplicate", "rejected", "rules"]
        pd.testing.assert_frame_equal(table.read_log()[compared], expected.read_log()[compared])
        assert (
            TiledTable.of(table).update([TILED_DATE]) == []
        )  # tiles of Spark are right for DuckDB
        features = TiledTable.of(expected).compute([TILED_DATE])
        assert features["contacts_satisfaction_mean_28d"].notna().any()
        for engine in (DUCKDB, SPARK):
            table.connection = engine
            found = TiledTable.of(table).compute([TILED_DATE])
            pd.testing.assert_frame_equal(found, features, check_dtype=False, check_exact=True)


@running_spark
def test_a_table_goes_from_engine_to_engine_and_back(tmp_path: Path) -> None:
    tables = {
        name: EngineTable(filepath=str(tmp_path / "numbers.parquet"), connection=connection)
        for name, connection in (("duckdb", DUCKDB), ("spark", SPARK))
    }
    for name, other in (("duckdb", "spark"), ("spark", "duckdb"), ("duckdb", "spark")):
        rows = pa.table({"n": [1, 2], "day": [date(2026, 1, 1), None], "by": [name, name]})
        tables[name].save(
            ibis.memtable(rows.to_pandas(), schema=ibis.Schema.from_pyarrow(rows.schema))
        )
        assert tables[other].load().order_by("n").to_pyarrow().to_pylist() == rows.to_pylist()
    assert [path.name for path in tmp_path.iterdir()] == ["numbers.parquet"]


@running_spark
def test_a_csv_is_text_on_spark_too(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,n\n007,1\n008,\n")
    table = EngineTable(filepath=str(tmp_path / "t.csv"), file_format="csv", connection=SPARK)
    assert table.load().order_by("id").to_pyarrow().to_pylist() == [
        {"id": "007", "n": "1"},
        {"id": "008", "n": None},
    ]


def test_spark_replaces_a_date_of_a_table_that_duckdb_began(
    spark: ibis.BaseBackend, tmp_path: Path
) -> None:
    other = SCORE | {"as_of": date(2026, 1, 8)}
    _score_table(tmp_path, DUCKDB).save(commit_of(SCORE))
    _score_table(tmp_path, DUCKDB, "2026-01-08").save(commit_of(other))
    rows = [SCORE | {"customer_id": "b"}, SCORE | {"customer_id": "c"}]
    _score_table(tmp_path, SPARK).save(_spark_commit(spark, rows, replaces=0))
    for engine in (SPARK, DUCKDB):
        loaded = _score_table(tmp_path, engine).load().to_pyarrow().to_pylist()
        assert sorted((str(row["as_of"]), row["customer_id"]) for row in loaded) == [
            ("2026-01-01", "b"),
            ("2026-01-01", "c"),
            ("2026-01-08", "a"),
        ]
    assert DeltaTable(tmp_path).version() == 2
    assert DeltaTable(tmp_path).to_pyarrow_table().schema.field("scored_at").type == pa.timestamp(
        "us", "UTC"
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"churn_probability": 1.5}, "churn_probability"),
        ({"as_of": date(2026, 1, 2)}, "as_of=2026-01-02"),
    ],
    ids=["contract broken", "scores of another date"],
)
def test_wrong_scores_leave_the_version_before(
    wrong: dict[str, Any], said: str, spark: ibis.BaseBackend, tmp_path: Path
) -> None:
    _score_table(tmp_path, SPARK).save(_spark_commit(spark, [SCORE]))
    files = _files(tmp_path)
    rows = [SCORE, SCORE | {"customer_id": "b"} | wrong]
    with pytest.raises(DatasetError, match=said):
        _score_table(tmp_path, SPARK).save(_spark_commit(spark, rows, replaces=0))
    assert DeltaTable(tmp_path).version() == 0
    assert _files(tmp_path) == files


def _keep_to_the_tables_of_test(project: ProjectCopy) -> None:
    """Make the environment spark use the tables of test instead of base."""
    settings = (project.path / "conf" / "test" / "globals.yml").read_text()
    configured = yaml.safe_dump({"engine": SPARK, "steps": "view"})
    (project.path / "conf" / "spark" / "globals.yml").write_text(settings + configured)


def _record_plans(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str]]:
    """Record each Parquet path that Spark writes, with the plan of its query."""
    from pyspark.sql import SparkSession  # noqa: PLC0415

    plans: list[tuple[Path, str]] = []
    backend = type(connect(SPARK))
    write = backend.to_parquet

    def record(self: Any, rows: ir.Table, path: Path, **options: Any) -> None:
        session = SparkSession.getActiveSession()
        plan = session.sql(f"EXPLAIN {self.compile(rows)}").collect()[0][0]
        plans.append((Path(path), plan))
        write(self, rows, path, **options)

    monkeypatch.setattr(backend, "to_parquet", record)
    return plans


def _comparable(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.drop(columns="scored_at").sort_values(KEY, ignore_index=True)


def _score_table(path: Path, engine: dict[str, Any], day: str = "2026-01-01") -> DatedTable:
    contract = f"{Scores.__module__}.{Scores.__name__}"
    return DatedTable(filepath=str(path), as_of=day, connection=engine, contract=contract)


def _batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), SCHEMA)


def _spark_commit(
    spark: ibis.BaseBackend, rows: list[dict[str, Any]], replaces: int | None = None
) -> DateCommit:
    return DateCommit(_spark_table(spark, rows), LINEAGE, replaces)


def _spark_table(spark: ibis.BaseBackend, rows: list[dict[str, Any]]) -> ir.Table:
    from pyspark.sql import SparkSession  # noqa: PLC0415

    frame = SparkSession.builder.getOrCreate().createDataFrame(
        pa.Table.from_batches([_batch(*rows)])
    )
    frame.createOrReplaceTempView("given_scores")
    return spark.table("given_scores")


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
