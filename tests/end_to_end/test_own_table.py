"""A user's flat table is trained on, evaluated and scored without a line of Python or YAML."""

import json
import os
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable
from sklearn.metrics import average_precision_score, roc_auc_score

from kedro_asof.errors import ExitCode
from tests.conftest import PROJECT, ProjectCopy, slow_after

IBM_TABLE = Path(
    os.environ.get(
        "IBM_TELCO_TABLE", PROJECT.parent / "shared/data/ibm_telco/telco_customer_churn.csv"
    )
)
# Means over five folds (seed 42) of a LightGBM tuned by hand.
REFERENCE = {"roc_auc": 0.846, "average_precision": 0.660}
METRICS = {"roc_auc": roc_auc_score, "average_precision": average_precision_score}


@pytest.fixture
def table() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = 400
    visits = rng.poisson(3, rows)
    return pd.DataFrame(
        {
            "account": [f"A-{number}" for number in range(rows)],
            "visits": visits,
            "spent": [" " if visit == 0 else str(visit * 2.5) for visit in visits],
            "since": (
                pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(rows) // 2, unit="D")
            ).strftime("%Y-%m-%d"),
            "plan type": rng.choice(["basic", "plus"], rows),
            "country": "X",
            "left": np.where(rng.random(rows) < 1 / (1.4 + visits), "Yes", "No"),
        }
    )


def run(project: ProjectCopy, file: Path, env: str = "own_table", **params: str) -> tuple[int, str]:
    given = {"table": str(file), "id": "account", "target": "left", "positive": '"Yes"'} | params
    text = ",".join(f"own_table.{key}={value}" for key, value in given.items())
    result = project.run(
        "--pipelines",
        "own_table",
        "--params",
        f"as_of=2026-01-01,evaluation.bootstrap_samples=20,{text}",
        env=env,
    )
    return result.exit_code, result.output


def read(project: ProjectCopy, place: str) -> Path:
    return project.path / "data" / "own_table" / place


def read_promotion(project: ProjectCopy) -> dict[str, Any]:
    """Return the gate's decision on the last candidate."""
    return json.loads(read(project, "06_models/promotion.json").read_text())


@pytest.mark.parametrize("suffix", ["csv", pytest.param("parquet", marks=pytest.mark.slow)])
def test_a_table_is_scored_and_the_operator_is_left_alone(
    suffix: str, table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / f"table.{suffix}"
    table.to_csv(file, index=False) if suffix == "csv" else table.to_parquet(file, index=False)
    before = project.snapshot()
    code, output = run(project, file, drop="country")
    assert code == 0, output
    scores = DeltaTable(read(project, "07_model_output/churn_scores")).to_pandas()
    assert sorted(scores["customer_id"]) == sorted(table["account"])
    after = project.snapshot()
    assert {path: after[path] for path in before} == before
    metrics = json.loads(read(project, "08_reporting/evaluation_metrics.json").read_text())
    assert metrics["roc_auc_low"] < metrics["roc_auc"] < metrics["roc_auc_high"]
    assert metrics["roc_auc"] > 0.6


@pytest.mark.slow
def test_what_the_columns_hold_is_found_out_and_shown(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / "table.csv"
    table.to_csv(file, index=False)
    code, output = run(project, file)
    assert code == 0, output
    profile = pd.read_csv(read(project, "08_reporting/column_profile.csv")).set_index("column")
    assert profile["kind"].to_dict() == {
        "account": "identifier-like",
        "visits": "number",
        "spent": "number in text",
        "since": "date",
        "plan type": "category",
        "country": "constant",
        "left": "category",
    }
    assert profile["used_as"].to_dict() == {
        "account": "id",
        "visits": "number",
        "spent": "number",
        "since": "days before as_of",
        "plan type": "category",
        "country": "not used",
        "left": "target",
    }
    assert profile.loc["spent", "missing"] == (table["visits"] == 0).sum()
    summary = read(project, "08_reporting/run_summary.txt").read_text()
    assert "number in text" in summary


@pytest.mark.slow
def test_the_same_table_tomorrow_meets_the_champion_of_today(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / "table.csv"
    table.drop(columns="since").to_csv(file, index=False)
    for _ in range(2):
        code, output = run(project, file)
        assert code == 0, output
    promotion = read_promotion(project)
    assert promotion["status"] == "challenger"
    assert "version 1" in promotion["reasons"][0]
    assert "a difference of +0.00" in promotion["reasons"][0]


@pytest.mark.slow
def test_rows_that_were_added_leave_the_others_to_compare(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / "table.csv"
    for rows in (300, 400):
        table.head(rows).to_csv(file, index=False)
        code, output = run(project, file)
        assert code == 0, output
    promotion = read_promotion(project)
    assert "on the same 300 customers and 1 dates" in promotion["reasons"][0]


@pytest.mark.slow
def test_without_the_column_that_tells_most_nothing_is_champion_until_a_person_says_so(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / "table.csv"
    table.to_csv(file, index=False)
    code, output = run(project, file)
    assert code == 0, output
    scores = read(project, "07_model_output/churn_scores")
    version = DeltaTable(scores).version()

    code, output = run(project, file, drop="visits;spent")
    assert code == ExitCode.INVALID_INPUT
    promotion = read_promotion(project)
    assert promotion["status"] == "challenger"
    assert "missing ['spent', 'visits']" in promotion["reasons"][0]
    message = output[output.index("Error: ") :]
    expected = [str(file), "['spent', 'visits']", "--env own_table --pipelines promote"]
    assert [part for part in expected if part not in message] == [], message
    assert DeltaTable(scores).version() == version

    said = project.run("--pipelines", "promote", "--params", "version=2", env="own_table")
    assert said.exit_code == 0, said.output
    code, output = run(project, file, drop="visits;spent")
    assert code == 0, output
    assert set(DeltaTable(scores).to_pandas()["model_version"]) == {2}


@pytest.mark.slow
def test_another_table_in_a_copy_of_the_environment_meets_nothing_of_the_first(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / "table.csv"
    table.to_csv(file, index=False)
    code, output = run(project, file)
    assert code == 0, output
    before = project.snapshot()
    shutil.copytree(project.path / "conf/own_table", project.path / "conf/bank")
    project.edit("conf/bank/globals.yml", "data: data/own_table", "data: data/bank")
    project.edit("conf/bank/globals.yml", "own_table_churn", "bank_churn")
    table.drop(columns=["visits", "since"]).to_csv(file, index=False)
    code, output = run(project, file, env="bank")
    assert code == 0, output
    assert "bank_churn version 1" in output
    after = project.snapshot()
    assert {path: after[path] for path in before} == before


@pytest.mark.slow
def test_decimals_and_words_for_nothing_are_numbers(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / "table.parquet"
    money = pa.array([Decimal(number) / 4 for number in range(len(table))], pa.decimal128(9, 2))
    texts = ["NA" if number % 7 == 0 else str(number % 50) for number in range(len(table))]
    frame = pa.Table.from_pandas(table).append_column("amount_paid", money)
    pq.write_table(frame.append_column("calls", pa.array(texts)), file)
    code, output = run(project, file)
    assert code == 0, output
    profile = pd.read_csv(read(project, "08_reporting/column_profile.csv")).set_index("column")
    assert profile.loc["amount_paid", "used_as"] == "number"
    assert profile.loc["calls", "kind"] == "number in text"


@pytest.mark.slow
def test_a_column_of_lists_is_refused(table: pd.DataFrame, project: ProjectCopy) -> None:
    file = project.path / "table.parquet"
    frame = pa.Table.from_pandas(table)
    pq.write_table(frame.append_column("tags", pa.array([["a"]] * len(table))), file)
    code, output = run(project, file)
    assert code == ExitCode.INVALID_INPUT
    assert "['tags'] hold lists" in output


@pytest.mark.slow
def test_without_an_id_rows_are_numbered(table: pd.DataFrame, project: ProjectCopy) -> None:
    file = project.path / "table.csv"
    table.drop(columns="account").to_csv(file, index=False)
    code, output = run(project, file, id="")
    assert code == 0, output
    scores = DeltaTable(read(project, "07_model_output/churn_scores")).to_pandas()
    assert sorted(scores["customer_id"].astype(int)) == list(range(1, len(table) + 1))


REFUSED: list[tuple[dict[str, object], dict[str, str], list[str]]] = [
    ({"left": "No"}, {}, ["left", "['No']", "two values", "Yes (own_table.positive)"]),
    ({"left": None}, {}, ["left", "empty in 400 rows"]),
    ({}, {"target": "gone"}, ["Missing columns ['gone']", "Correct own_table.target", "'visits'"]),
    ({}, {"id": "number"}, ["Missing columns ['number']", "Correct own_table.id"]),
    ({}, {"drop": "color"}, ["Missing columns ['color']", "Correct own_table.drop"]),
    ({}, {"positive": '"maybe"'}, ["['No', 'Yes']", "maybe (own_table.positive)"]),
    ({"account": "same"}, {}, ["account", "repeats", "['same']", "leave own_table.id out"]),
    (
        {"left": ["Yes", "No", "Maybe", "No"] * 100},
        {},
        ["['Maybe', 'No', 'Yes']", "two values"],
    ),
    ({"left": ["Yes"] * 3 + ["No"] * 397}, {}, ["3 rows", "5 folds need at least 5"]),
    ({}, {"table": "gone.csv"}, ["gone.csv", "File not found", "make own-table"]),
    (
        {},
        {"table": "conf"},
        ["table conf: found ['.yml']", "a folder of files of one kind"],
    ),
    ({}, {"positive": "Yes"}, ["YAML boolean", "Quote it"]),
    ({}, {"time": "plan type"}, ["(own_table.time) holds", "expected YYYY-MM-DD"]),
    ({}, {"time": "gone"}, ["Missing columns ['gone']", "Correct own_table.time"]),
    ({"since": "2030-01-01"}, {"time": "since"}, ["rows dated after"]),
    ({"visits": ["inf", *range(399)]}, {}, ["infinite values: visits"]),
    (
        {},
        {"folds": "5,evaluation.slices=town;plan_type"},
        ["Unknown features ['town'] in evaluation.slices", "'visits'"],
    ),
]


@pytest.mark.parametrize(("change", "params", "expected"), slow_after(4, REFUSED))
def test_a_table_that_cannot_be_used_is_refused_and_nothing_is_written(
    change: dict[str, object],
    params: dict[str, str],
    expected: list[str],
    table: pd.DataFrame,
    project: ProjectCopy,
) -> None:
    file = project.path / "table.csv"
    table.assign(**change).to_csv(file, index=False)
    before = project.snapshot()
    code, output = run(project, file, **params)
    assert code in {ExitCode.FAILED, ExitCode.INVALID_INPUT, ExitCode.WRONG_CALL}
    message = output[output.index("Error: ") :]
    assert [part for part in expected if part not in message] == [], message
    after = project.snapshot()
    written = {path for path in after if before.get(path) != after[path]}
    assert {path for path in written if "column_profile" not in path} == set()


@pytest.mark.slow
def test_an_empty_table_is_refused(table: pd.DataFrame, project: ProjectCopy) -> None:
    file = project.path / "table.csv"
    table.head(0).to_csv(file, index=False)
    code, output = run(project, file)
    assert code == ExitCode.INVALID_INPUT
    assert "no rows" in output


@pytest.mark.slow
def test_a_table_with_dates_is_split_by_time_and_its_latest_rows_are_scored(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    months = pd.date_range("2025-03-11", periods=10, freq=pd.DateOffset(months=1)).strftime(
        "%Y-%m-%d"
    )
    rows = pd.concat([table.assign(month=month) for month in months], ignore_index=True)
    rng = np.random.default_rng(3)
    rows["visits"] = rng.poisson(3, len(rows))
    churned = rng.random(len(rows)) < 1 / (1.4 + rows["visits"])
    rows["left"] = np.where(churned, "Yes", "No")
    rows.loc[rows["month"] == months[-1], "left"] = None  # not yet known
    file = project.path / "table.csv"
    rows.to_csv(file, index=False)
    code, output = run(project, file, time="month", drop="since")
    assert code == 0, output
    examples = pd.read_parquet(read(project, "05_model_input/training_examples.parquet"))
    assert {"train", "calibration", "test"} <= set(examples["split"])
    assert examples.groupby("as_of")["split"].nunique().max() == 1
    scores = DeltaTable(read(project, "07_model_output/churn_scores")).to_pandas()
    assert sorted(scores["customer_id"]) == sorted(table["account"])
    assert set(scores["as_of"].astype(str)) == {"2026-01-01"}
    profile = pd.read_csv(read(project, "08_reporting/column_profile.csv")).set_index("column")
    assert profile.loc["month", "used_as"] == "time"


@pytest.mark.slow
def test_rows_that_are_alike_stay_in_one_fold(table: pd.DataFrame, project: ProjectCopy) -> None:
    file = project.path / "table.csv"
    alike = table.drop(columns="account")
    pd.concat([alike, alike]).to_csv(file, index=False)
    code, output = run(project, file, id="")
    assert code == 0, output
    examples = pd.read_parquet(read(project, "05_model_input/training_examples.parquet"))
    features = list(set(examples.columns) - {"customer_id", "as_of", "churned", "split"})
    assert examples.groupby(features, dropna=False)["split"].nunique().max() == 1


@pytest.mark.slow
def test_a_column_that_gives_the_target_away_is_named_and_can_be_left_out(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    file = project.path / "table.csv"
    table.assign(left_why=table["left"].map({"Yes": "price", "No": "stays"})).to_csv(
        file, index=False
    )
    code, output = run(project, file)
    assert code == ExitCode.INVALID_INPUT
    for part in ("left_why", "duplicate_of_target", "own_table.drop"):
        assert part in output
    code, output = run(project, file, folds="5,leakage.action=drop")
    assert code == 0, output
    model = read_promotion(project)
    assert model["status"] == "champion"
    findings = pd.read_csv(read(project, "08_reporting/leakage_findings.csv"))
    assert findings["feature"].tolist() == ["left_why"]


@pytest.mark.slow
@pytest.mark.skipif(not IBM_TABLE.exists(), reason=f"IBM's public table is not at {IBM_TABLE}")
def test_ibm_s_public_table_reaches_the_reference(project: ProjectCopy) -> None:
    code, output = run(project, IBM_TABLE, id="customerID", target="Churn")
    assert code == 0, output
    judged = pd.read_parquet(read(project, "07_model_output/held_out_predictions.parquet"))
    examples = pd.read_parquet(read(project, "05_model_input/training_examples.parquet"))
    folds = judged.merge(examples[["customer_id", "split"]], on="customer_id").groupby("split")
    found = {
        name: np.mean([metric(fold["churned"], fold["churn_probability"]) for _, fold in folds])
        for name, metric in METRICS.items()
    }
    assert {name: found[name] for name in REFERENCE if found[name] < REFERENCE[name]} == {}
    profile = pd.read_csv(read(project, "08_reporting/column_profile.csv")).set_index("column")
    assert profile.loc["TotalCharges", ["kind", "missing"]].tolist() == ["number in text", 11]
    assert profile.loc["Partner", "kind"] == "category"
