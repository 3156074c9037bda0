"""Names that `redact` lists are redacted, at any depth, in upper and lower case."""

from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline, node

from kedro_wandb.config import Redaction, read_config
from kedro_wandb.extract import extract_events
from kedro_wandb.redaction import Redactor
from kedro_wandb.run_config import make_plan

DROP = Redactor(Redaction(columns=("full_name",), identifiers=("*_id", "key")))
HASH = Redactor(Redaction(identifiers=("*_id",), action="hash", salt="s"))


@pytest.mark.parametrize("name", ["full_name", "FULL_NAME", "customer_id", "Invoice_ID", "key"])
def test_a_name_is_kept_back_in_any_case(name: str) -> None:
    assert DROP.keeps_back(name)


@pytest.mark.parametrize("name", ["name", "customer_idle", "keys", "region"])
def test_other_names_are_not(name: str) -> None:
    assert not DROP.keeps_back(name)


def test_columns_and_dictionaries_in_cells_are_redacted() -> None:
    columns, rows = DROP.redact_rows(
        ["customer_id", "day", "detail"],
        [["C1", 1, {"key": "C1", "size": 2}], ["C2", 2, [{"full_name": "A B"}]]],
    )
    assert columns == ["day", "detail"]
    assert rows == [[1, {"size": 2}], [2, [{}]]]


def test_hashes_keep_what_is_equal_equal_and_what_is_missing_missing() -> None:
    columns, rows = HASH.redact_rows(["customer_id"], [["C1"], ["C2"], ["C1"], [None]])
    assert columns == ["customer_id"]
    assert rows[0] == rows[2] != rows[1]
    assert rows[3] == [None]
    assert "C1" not in str(rows)


def test_without_a_salt_two_runs_have_other_hashes() -> None:
    one, other = [
        Redactor(Redaction(identifiers=("id",), action="hash")).redact({"id": 7}) for _ in range(2)
    ]
    assert one != other


def log(data: Any, kind: str) -> str:
    """Return the content that is logged of a dataset, as text."""
    config = read_config(
        {
            "project": "p",
            "datasets": {"*": {"log": kind}},
            "redact": {"identifiers": ["*customer_id*"]},
        }
    )
    pipeline = Pipeline([node(lambda: None, None, "made", name="make")])
    plan = make_plan(config, pipeline, DataCatalog(), Path())
    return str(list(extract_events(plan, "made", data)))


def test_structs_in_lists_of_parquet_are_redacted(tmp_path: Path) -> None:
    cells = [[{"customer_id": "C1", "size": 7}]]
    pq.write_table(pa.table({"cells": cells}), tmp_path / "a.parquet")
    assert "'size': 7" in log(pd.read_parquet(tmp_path / "a.parquet"), "table")
    assert "C1" not in log(pd.read_parquet(tmp_path / "a.parquet"), "table")


def test_maps_of_arrow_are_redacted() -> None:
    kind = pa.map_(pa.string(), pa.string())
    table = pa.table({"cells": pa.array([[("customer_id", "C1"), ("size", "7")]], kind)})
    assert "'size'" in log(table, "table")
    assert "C1" not in log(table, "table")


def test_columns_of_several_levels_are_kept_back_by_any_of_them() -> None:
    columns = pd.MultiIndex.from_tuples([("customer_id", "first"), ("size", "first")])
    logged = log(pd.DataFrame([["C1", 7]], columns=columns), "table")
    assert "size.first" in logged
    assert "C1" not in logged


def test_labels_that_are_kept_back_become_no_names() -> None:
    scores = pd.Series([0.5], index=pd.Index(["C1"], name="customer_id"), name="score")
    with pytest.raises(ValueError, match=r"its index is 'customer_id', which .* redacts"):
        log(scores, "metrics")
    with pytest.raises(TypeError, match="expected a dictionary of metrics, found DataFrame"):
        log(scores.reset_index(drop=True).to_frame(), "metrics")
    with pytest.raises(ValueError, match="the name of its columns is 'customer_id'"):
        log(scores.to_frame().T, "table")
