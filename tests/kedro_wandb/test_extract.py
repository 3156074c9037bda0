"""The first rows of each type of table are extracted as plain values."""

import datetime
import decimal
from dataclasses import dataclass
from typing import Any, NamedTuple

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kedro_wandb.extract import count_rows, read_rows

COLUMNS = {"a": [1, 2, 3], "b": ["x", "y", None]}
EXPECTED = (["a", "b"], [[1, "x"], [2, "y"]])


def make_tables() -> dict[str, Any]:
    return {
        "pandas": pd.DataFrame(COLUMNS),
        "arrow": pa.table(COLUMNS),
        "ibis": ibis.memtable(pd.DataFrame(COLUMNS)).order_by("a"),
        "records": [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": 3}],
        "columns": COLUMNS,
    }


@pytest.mark.parametrize("kind", make_tables())
def test_each_kind_of_table_gives_the_same_first_rows(kind: str) -> None:
    assert read_rows(make_tables()[kind], limit=2, text_length=10) == EXPECTED


def test_polars_gives_the_same_first_rows() -> None:
    polars = pytest.importorskip("polars")
    assert read_rows(polars.DataFrame(COLUMNS), limit=2, text_length=10) == EXPECTED


def test_the_index_of_a_frame_is_not_logged() -> None:
    frame = pd.DataFrame({"customer_id": ["C1"], "a": [1]}).set_index("customer_id")
    assert read_rows(frame, limit=5, text_length=10) == (["a"], [[1]])


def test_values_become_what_json_knows() -> None:
    odd = [np.int64(1), np.nan, pd.NaT, pd.NA, decimal.Decimal("1.5"), datetime.date(2026, 9, 28)]
    _, rows = read_rows([{"v": value} for value in odd], limit=9, text_length=10)
    assert [row[0] for row in rows] == [1, None, None, None, 1.5, "2026-09-28"]


class Person(NamedTuple):
    customer_id: str


@dataclass(frozen=True)
class Detail:
    customer_id: str


class Opaque:
    customer_id = "C1"


@pytest.mark.parametrize(
    ("cell", "opened"),
    [
        (np.array([{"customer_id": "C1"}]), [{"customer_id": "C1"}]),  # a list column of Parquet
        (np.array([("C1",)], dtype=[("customer_id", "U2")]), [{"customer_id": "C1"}]),
        (Detail("C1"), {"customer_id": "C1"}),
        (Person("C1"), {"customer_id": "C1"}),
        ({Person("C1")}, [{"customer_id": "C1"}]),
        ([np.array([Detail("C1")])], [[{"customer_id": "C1"}]]),
    ],
)
def test_whatever_has_names_becomes_a_dictionary(cell: Any, opened: Any) -> None:
    assert read_rows([{"v": cell}], limit=1, text_length=9) == (["v"], [[opened]])


def test_what_cannot_be_looked_into_is_refused() -> None:
    with pytest.raises(TypeError, match="a cell holds an object of type Opaque"):
        read_rows([{"v": Opaque()}], limit=1, text_length=9)


def test_long_texts_are_cut() -> None:
    assert read_rows([{"t": "x" * 50}], limit=1, text_length=4) == (["t"], [["xxxx..."]])


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a table, found str"):
        read_rows("text", limit=1, text_length=10)


def test_rows_are_counted_only_where_nothing_is_computed() -> None:
    counts = {kind: count_rows(table) for kind, table in make_tables().items()}
    assert counts == {"pandas": 3, "arrow": 3, "ibis": None, "records": None, "columns": None}
