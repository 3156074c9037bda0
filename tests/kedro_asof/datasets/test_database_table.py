"""Tables of a real PostgreSQL: types arrive unchanged, faults are one line, a date is replaced."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import psycopg
import pyarrow as pa
import pytest
from kedro.io import DatasetError

from kedro_asof.datasets.database_table import DatabaseTable, DatedDatabaseTable, _find_odd_date
from kedro_asof.errors import InputError, InvalidDataError
from tests.postgresql import PASSWORD, require_postgresql, start_postgresql

NOWHERE = {"con": f"postgresql://churn:{PASSWORD}@127.0.0.1:9/operator"}
ROW = """create table visits as select
    'a' as customer_id, 'x'::varchar(9) as region, 'abc'::char(5) as code,
    12.50::numeric(12, 2) as price, 1e30::numeric + 0.1 as exact, 7::int as visits, 2.5 as ratio,
    true as is_active, date '2026-01-02' as day, timestamptz '2026-01-02 01:00+02' as seen_at,
    timestamp '2026-01-02 01:00' as noted_at, '1.2.3.4'::inet as address"""


def test_only_con_is_a_credential() -> None:
    with pytest.raises(InputError, match=r"Invalid keys \['password'\].*expected \['con'\]"):
        DatedDatabaseTable(table="t", as_of="2026-09-28", credentials={"password": PASSWORD})


def test_a_dataset_shows_no_password_and_refuses_the_other_direction(tmp_path: Path) -> None:
    read = DatabaseTable(table="t", credentials=NOWHERE, filepath=str(tmp_path / "t.parquet"))
    written = DatedDatabaseTable(table="t", as_of="2026-09-28", credentials=NOWHERE)
    assert PASSWORD not in f"{read!r} {read} {written!r} {written}"
    with pytest.raises(DatasetError, match="Leave out the pipeline that writes it"):
        read.save("rows")
    with pytest.raises(DatasetError, match="is only written"):
        written.load()


@pytest.mark.parametrize(
    ("values", "kind", "is_odd"),
    [
        ([0, None], pa.date32(), False),
        ([None], pa.date32(), False),
        ([-719_162, 2_932_896], pa.date32(), False),
        ([0, -2_147_472_692], pa.date32(), True),  # `infinity` as the driver reads it
        ([0, -9_222_425_352_054_775_809 + 2**63 - 2**62], pa.timestamp("us", "UTC"), True),
        ([0], pa.timestamp("us"), False),
        ([2**62], pa.int64(), False),
    ],
)
def test_a_date_that_no_calendar_has_is_found(values: Any, kind: pa.DataType, is_odd: bool) -> None:
    width = pa.int32() if pa.types.is_date32(kind) else pa.int64()
    column = pa.array(values, width).view(kind)
    assert _find_odd_date(pa.field("day", kind), column) == ("day" if is_odd else None)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    require_postgresql()
    with start_postgresql() as server:
        yield server.create("operator")


def run_sql(database: str, *statements: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def open_table(database: str, folder: Path, table: str, **options: Any) -> DatabaseTable:
    place = str(folder / "copy.parquet")
    return DatabaseTable(table=table, credentials={"con": database}, filepath=place, **options)


@pytest.mark.slow
def test_types_arrive_unchanged_and_others_as_text(database: str, tmp_path: Path) -> None:
    run_sql(database, "drop table if exists visits", ROW)
    rows = open_table(database, tmp_path, "visits").load().to_pyarrow()
    assert rows.to_pylist() == [
        {
            "customer_id": "a",
            "region": "x",
            "code": "abc",
            "price": "12.50",
            "exact": "1000000000000000000000000000000.1",
            "visits": 7,
            "ratio": "2.5",
            "is_active": True,
            "day": date(2026, 1, 2),
            "seen_at": datetime(2026, 1, 1, 23, tzinfo=UTC),
            "noted_at": datetime(2026, 1, 2, 1),
            "address": "1.2.3.4/32",
        }
    ]


@pytest.mark.slow
def test_columns_and_rows_are_chosen_in_the_database_and_renamed(
    database: str, tmp_path: Path
) -> None:
    run_sql(
        database,
        "create schema if not exists crm",
        'drop table if exists crm."Usage"',
        'create table crm."Usage" as select n as "Id", n * 2 as mb, \'x\' as email'
        " from generate_series(1, 300000) n",
    )
    table = open_table(
        database,
        tmp_path,
        "crm.Usage",
        only=["Id", "mb"],
        where='"Id" > 299998',
        columns={"data_mb": "mb"},
    )
    assert table.list_columns() == {"Id": "int32", "data_mb": "int32"}
    assert not (tmp_path / "copy.parquet").exists()
    assert table.load().order_by("Id").to_pyarrow().to_pydict() == {
        "Id": [299_999, 300_000],
        "data_mb": [599_998, 600_000],
    }


@pytest.mark.slow
def test_an_earlier_copy_is_never_used(database: str, tmp_path: Path) -> None:
    run_sql(database, "drop table if exists visits", ROW)
    open_table(database, tmp_path, "visits").load()
    run_sql(database, "drop table visits")
    with pytest.raises(DatasetError, match=r"Table not found: visits\. Found \["):
        open_table(database, tmp_path, "visits").load()


@pytest.mark.slow
def test_an_empty_table_keeps_its_columns(database: str, tmp_path: Path) -> None:
    run_sql(database, "drop table if exists visits", ROW, "delete from visits")
    rows = open_table(database, tmp_path, "visits").load()
    assert rows.count().to_pyarrow().as_py() == 0
    assert rows.day.type().is_date()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"only": ["nope"]}, r"Missing columns \['nope'\] in visits: found \['customer_id'"),
        ({"columns": {"x": "nope"}}, r"Missing columns \['nope'\] in visits"),
        ({"where": "nope = 1"}, 'column "nope" does not exist'),
        ({"where": "day >"}, "syntax error"),
    ],
)
def test_a_wrong_entry_is_one_line(
    database: str, tmp_path: Path, options: dict[str, Any], expected: str
) -> None:
    run_sql(database, "drop table if exists visits", ROW)
    with pytest.raises(DatasetError, match=expected) as found:
        open_table(database, tmp_path, "visits", **options).load()
    assert "\n" not in str(found.value)


@pytest.mark.slow
def test_infinity_is_not_read_as_a_day_of_the_past(database: str, tmp_path: Path) -> None:
    run_sql(database, "drop table if exists visits", ROW, "update visits set day = 'infinity'")
    with pytest.raises(DatasetError) as found:
        open_table(database, tmp_path, "visits").load()
    assert isinstance(found.value.__cause__, InvalidDataError)
    assert "Invalid date in visits.day" in str(found.value.__cause__)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((PASSWORD, "wrong-secret"), 'password authentication failed for user "churn"'),
        (("operator", "nowhere"), 'database "nowhere" does not exist'),
        (("127.0.0.1", "server.invalid"), "the address or its host name is invalid"),
        (("://", "//"), "the address or its host name is invalid"),
        ((PASSWORD, "half/secret"), "the address or its host name is invalid"),
        ((PASSWORD, "p@secret"), "the address or its host name is invalid"),
    ],
)
def test_a_wrong_address_is_one_line_without_a_password(
    database: str, tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    with pytest.raises(DatasetError, match=expected) as found:
        open_table(database.replace(*change), tmp_path, "visits").load()
    message = str(found.value)
    assert "\n" not in message
    assert "percent-encoded" in message
    assert "secret" not in message
    assert PASSWORD not in message


def open_scores(database: str, as_of: str = "2026-09-28") -> DatedDatabaseTable:
    return DatedDatabaseTable(table="crm.scores", as_of=as_of, credentials={"con": database})


def make_rows(as_of: str, **scores: float) -> ir.Table:
    rows = pa.table(
        {
            "customer_id": list(scores),
            "as_of": pa.array([date.fromisoformat(as_of)] * len(scores), pa.date32()),
            "score": list(scores.values()),
            "scored_at": pa.array([datetime.now(UTC)] * len(scores), pa.timestamp("us", "UTC")),
        }
    )
    return ibis.duckdb.connect().create_table("rows", rows)


@pytest.fixture
def scored(database: str) -> str:
    """A database with scores of two dates."""
    run_sql(database, "create schema if not exists crm", "drop table if exists crm.scores")
    for as_of in ("2026-09-21", "2026-09-28"):
        assert not open_scores(database, as_of).exists()
        open_scores(database, as_of).save(make_rows(as_of, a=0.1, b=0.2))
        assert open_scores(database, as_of).exists()
    return database


def read_scores(database: str) -> list[tuple[Any, ...]]:
    rows = run_sql(database, "select as_of::text, customer_id, score from crm.scores")
    return sorted(rows)


BEFORE = [
    ("2026-09-21", "a", 0.1),
    ("2026-09-21", "b", 0.2),
    ("2026-09-28", "a", 0.1),
    ("2026-09-28", "b", 0.2),
]


@pytest.mark.slow
def test_a_save_replaces_only_its_date(scored: str) -> None:
    assert read_scores(scored) == BEFORE
    open_scores(scored).save(make_rows("2026-09-28", c=0.3))
    assert read_scores(scored) == [*BEFORE[:2], ("2026-09-28", "c", 0.3)]
    kinds = run_sql(
        scored,
        "select data_type from information_schema.columns where table_name = 'scores'"
        " order by ordinal_position",
    )
    names = ["text", "date", "double precision", "timestamp with time zone"]
    assert [kind for (kind,) in kinds] == names


@pytest.mark.slow
def test_rows_that_fail_leave_the_rows_before(scored: str) -> None:
    rows = make_rows("2026-09-28", c=0.3)
    with pytest.raises(DatasetError, match="Could not convert string 'c'"):
        open_scores(scored).save(rows.mutate(score=rows.customer_id.cast("float64")))
    with pytest.raises(DatasetError, match='Column "more" does not exist'):
        open_scores(scored).save(rows.mutate(more=1))
    assert read_scores(scored) == BEFORE


@pytest.mark.slow
def test_two_saves_of_a_date_wait_for_each_other(scored: str) -> None:
    with psycopg.connect(scored) as other, ThreadPoolExecutor() as pool:
        other.execute("lock table crm.scores in share row exclusive mode")
        other.execute("delete from crm.scores where as_of = '2026-09-28'")
        save = pool.submit(open_scores(scored).save, make_rows("2026-09-28", c=0.3))
        time.sleep(0.5)
        assert not save.done()
        assert read_scores(scored) == BEFORE
        other.commit()
        save.result()
    assert read_scores(scored) == [*BEFORE[:2], ("2026-09-28", "c", 0.3)]
