"""A user's flat table is trained on, evaluated and scored without a line of Python or YAML."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from deltalake import DeltaTable
from kedro.framework.startup import bootstrap_project
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
def project(new_project: ProjectCopy) -> ProjectCopy:
    return new_project


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


def run(project: ProjectCopy, file: Path, **params: str) -> tuple[int, str]:
    given = {"table": str(file), "id": "account", "target": "left"} | params
    text = ",".join(f"own_table.{key}={value}" for key, value in given.items())
    result = project.run(
        "--params",
        f"as_of=2026-01-01,evaluation.bootstrap_samples=20,{text}",
        env="own_table",
    )
    return result.exit_code, result.output


def own_table(project: ProjectCopy, *arguments: str) -> tuple[int, str]:
    """Run `kedro own-table` with the arguments of a command line."""
    bootstrap_project(project.path)
    from telco_churn.cli import cli  # noqa: PLC0415  (Kedro must bootstrap the project first)

    few = "--params=evaluation.bootstrap_samples=20"
    call = ["own-table", *arguments, "--as-of", "2026-01-01", few]
    result = CliRunner(catch_exceptions=False).invoke(cli, call)
    return result.exit_code, result.output


def read(project: ProjectCopy, place: str) -> Path:
    return project.path / "data" / "own_table" / "table" / place


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
    understood = output.index("400 rows, 7 columns")
    assert understood < output.index("customers scored")


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
    expected = [str(file), "['spent', 'visits']", "--pipelines promote", "own_table.name=table"]
    assert [part for part in expected if part not in message] == [], message
    assert DeltaTable(scores).version() == version

    promote = "version=2,own_table.name=table"
    said = project.run("--pipelines", "promote", "--params", promote, env="own_table")
    assert said.exit_code == 0, said.output
    code, output = run(project, file, drop="visits;spent")
    assert code == 0, output
    assert set(DeltaTable(scores).to_pandas()["model_version"]) == {2}


@pytest.mark.slow
def test_another_table_has_another_home_and_meets_nothing_of_the_first(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    table.to_csv("table.csv", index=False)
    code, output = own_table(project, "table.csv", "--target", "left", "--id", "account")
    assert code == 0, output
    before = project.snapshot()
    table.drop(columns=["visits", "since"]).to_csv("bank.csv", index=False)
    code, output = own_table(project, "bank.csv", "--target", "left", "--name", "my bank")
    assert code == 0, output
    assert "own_table_my_bank version 1" in output
    assert (project.path / "data/own_table/my_bank/07_model_output/churn_scores").is_dir()
    after = project.snapshot()
    assert {path: after[path] for path in before} == before


def test_a_dry_run_shows_what_was_understood_and_writes_nothing(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    table["fee"] = [f"${number % 40 + 1},{number:03}" for number in range(400)]
    table["Surname"] = [f"name{number % 40}" for number in range(400)]
    table.to_csv("table.csv", index=False)
    before = project.snapshot()
    code, output = own_table(project, "table.csv", "--target", "left", "--dry-run")
    assert code == 0, output
    assert "400 rows, 9 columns" in output
    assert "Surname is not used (direct identifier)" in output
    assert "fee (number in text): in $" in output
    assert project.snapshot() == before


def spoil(table: pd.DataFrame) -> pd.DataFrame:
    """Write the same values as spreadsheets and people do."""
    since = pd.to_datetime(table["since"])
    return table.assign(
        visits=table["visits"].astype("str") + ",00",
        spent=table["spent"].str.replace(".", ",", regex=False) + " \u20ac",
        since=since.dt.strftime("%d.%m.%Y"),
    )


@pytest.mark.slow
def test_a_table_in_another_notation_gives_the_same_scores(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    table["spent"] = table["spent"].replace(" ", "0.5")
    for name, frame in {"clean": table, "spoiled": spoil(table)}.items():
        frame.to_csv(f"{name}.csv", index=False, sep=";")
        code, output = own_table(project, f"{name}.csv", "--target", "left", "--id", "account")
        assert code == 0, output
    clean, spoiled = (
        DeltaTable(project.path / f"data/own_table/{name}/07_model_output/churn_scores")
        .to_pandas()
        .set_index("customer_id")
        .sort_index()["churn_probability"]
        for name in ("clean", "spoiled")
    )
    pd.testing.assert_series_equal(clean, spoiled)


@pytest.mark.slow
def test_rows_without_a_label_are_scored_and_never_learned_from(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    table.loc[340:, "left"] = None
    table.to_csv("table.csv", index=False)
    code, output = own_table(project, "table.csv", "--target", "left", "--id", "account")
    assert code == 0, output
    assert "60 rows without a label" in output
    examples = pd.read_parquet(read(project, "05_model_input/training_examples.parquet"))
    scores = DeltaTable(read(project, "07_model_output/churn_scores")).to_pandas()
    assert (len(examples), len(scores)) == (340, 400)


@pytest.mark.slow
def test_a_model_of_noise_contacts_nobody_until_it_is_accepted(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    rng = np.random.default_rng(11)
    table[["account", "plan type"]].assign(
        noise=rng.normal(size=400), left=rng.permutation(table["left"])
    ).to_csv("table.csv", index=False)
    call = ("table.csv", "--target", "left", "--id", "account")
    code, output = own_table(project, *call)
    assert code == 0, output
    assert "0 to contact" in output
    assert "no better than chance" in output
    card = read(project, "08_reporting/model_card.md").read_text()
    assert "no better than chance" in card
    code, output = own_table(project, *call, "--accept-weak-model")
    assert code == 0, output
    assert "; 0 to contact" not in output


@pytest.mark.slow
def test_a_column_left_out_that_beats_the_model_stops_the_run(
    table: pd.DataFrame, project: ProjectCopy
) -> None:
    order = table["left"].map({"Yes": 0, "No": 1}).sort_values(kind="stable").index
    table = table.loc[order].assign(row=range(400))
    table.to_csv("table.csv", index=False)
    code, output = own_table(project, "table.csv", "--target", "left", "--id", "account")
    assert code == ExitCode.INVALID_INPUT, output
    assert "column row is not used (identifier-like" in output
    assert not read(project, "07_model_output/churn_scores").exists()
    code, output = own_table(
        project, "table.csv", "--target", "left", "--id", "account", "--drop", "row"
    )
    assert code == 0, output


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
    ({"left": "No"}, {}, ["table.csv, column left", "['no']", "expected two values"]),
    ({"left": None}, {}, ["table.csv, column left", "[]", "expected two values"]),
    ({}, {"target": "gone"}, ["Missing columns ['gone']", "Correct own_table.target", "'visits'"]),
    ({}, {"id": "number"}, ["Missing columns ['number']", "Correct own_table.id"]),
    ({}, {"drop": "color"}, ["Missing columns ['color']", "Correct own_table.drop"]),
    ({}, {"positive": "maybe"}, ["['no', 'yes']", "'maybe' is not one", "own_table.positive"]),
    ({"account": "same"}, {}, ["account", "Repeated", "['same']", "leave own_table.id out"]),
    (
        {"left": ["Yes", "No", "Maybe", "No"] * 100},
        {},
        ["['maybe', 'no', 'yes']", "two values"],
    ),
    ({"left": ["Yes"] * 3 + ["No"] * 397}, {}, ["3 rows", "5 folds need at least 5"]),
    ({}, {"table": "gone.csv"}, ["gone.csv", "File not found", "kedro own-table"]),
    ({}, {"table": "pyproject.toml"}, ["found ['.toml']", "a folder of files of one kind"]),
    ({}, {"time": "plan type"}, ["(own_table.time): 400 rows hold", "expected a date"]),
    ({"since": "03/04/2025"}, {"time": "since"}, ["Ambiguous dates", "own_table.date_format"]),
    ({"since": None}, {"time": "since"}, ["(own_table.time): 400 rows hold ['nothing']"]),
    ({}, {"timezone": "Mars"}, ["'Mars'", "own_table.timezone", "IANA"]),
    ({}, {"time": "gone"}, ["Missing columns ['gone']", "Correct own_table.time"]),
    ({"since": "2030-01-01"}, {"time": "since"}, ["rows are dated after"]),
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
    code, output = run(project, IBM_TABLE, id="customerID", target="Churn", name="table")
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
