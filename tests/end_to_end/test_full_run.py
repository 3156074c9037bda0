"""A full `kedro run` with 1,000 customers, and its results."""

import json
import re
import sqlite3
from pathlib import Path

import mlflow
import pandas as pd
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from telco_churn.contracts import IDENTIFIERS
from tests.conftest import ProjectCopy, read_primary
from tests.wandb_files import read_records

TABLES = ("customers", "subscriptions", "usage", "invoices", "contacts", "cancellations")


def test_every_active_customer_has_one_score(finished_project: ProjectCopy) -> None:
    scores = DeltaTable(finished_project.data / "07_model_output" / "churn_scores").to_pandas()
    customers = read_primary(finished_project.data, "customers")
    cancelled = read_primary(finished_project.data, "cancellations")
    active = set(customers["customer_id"].to_pylist()) - set(cancelled["customer_id"].to_pylist())
    assert sorted(scores["customer_id"]) == sorted(active)
    assert set(scores["as_of"].astype(str)) == {"2026-09-28"}


def test_contacted_customers_have_a_reason_and_others_none(finished_project: ProjectCopy) -> None:
    scores = DeltaTable(finished_project.data / "07_model_output" / "churn_scores").to_pandas()
    assert 0 < scores["contact"].sum() < len(scores)
    assert (scores["reason_1"].notna() == scores["contact"]).all()
    assert (scores["contact"] == ((scores["expected_value"] > 0) & ~scores["holdout"])).all()
    assert 0 < scores["holdout"].mean() < 0.1
    for number in (1, 2, 3):
        given = scores[f"reason_{number}"].notna()
        for part in ("feature", "value", "contribution"):
            assert (scores[f"reason_{number}_{part}"].notna() <= given).all()
        assert (scores.loc[given, f"reason_{number}_contribution"] > 0).all()


def test_every_delivered_row_is_accounted_for(finished_project: ProjectCopy) -> None:
    report = (finished_project.data / "02_intermediate" / "ingestion_report.csv").read_text()
    rows = [line.split(",") for line in report.splitlines()[1:]]
    for table in TABLES:
        delivered = _count(finished_project.data / "01_raw" / table)
        kept = len(read_primary(finished_project.data, table))
        outcomes = {outcome: int(n) for name, outcome, n in rows if name == table}
        assert sum(outcomes.values()) == delivered
        assert outcomes["kept"] == kept
    rejected = _count(finished_project.data / "02_intermediate" / "rejected_rows.parquet")
    assert rejected == sum(int(n) for _, outcome, n in rows if outcome not in {"kept", "duplicate"})


def test_the_champion_loads_from_the_registry_and_gives_the_same_scores(
    finished_project: ProjectCopy,
) -> None:
    mlflow.set_tracking_uri(f"sqlite:///{finished_project.path}/mlflow.db")
    model = mlflow.pyfunc.load_model("models:/telco_churn_test@champion")
    features = pq.read_table(
        finished_project.data / "04_feature/customer_features/as_of=2026-09-28/features.parquet",
        partitioning=None,
    ).to_pandas()
    with pytest.warns(UserWarning, match=r"Ignored columns \['customer_id', 'as_of'\]"):
        again = model.predict(features).set_index(features["customer_id"])
    scores = DeltaTable(finished_project.data / "07_model_output" / "churn_scores").to_pandas()
    scores = scores.set_index("customer_id").loc[again.index]
    predicted = ["churn_probability", "risk_band", "expected_value"]
    pd.testing.assert_frame_equal(again[predicted], scores[predicted], check_exact=True)
    reasons = [column for column in scores.columns if column.startswith("reason_")]
    called = scores["contact"]
    pd.testing.assert_frame_equal(
        again.loc[called, reasons], scores.loc[called, reasons], check_exact=True
    )


@pytest.mark.parametrize(
    "report",
    [
        "model_card.md",
        "model_card.html",
        "metric_intervals.csv",
        "slice_metrics.csv",
        "slice_gaps.csv",
        "decile_table.csv",
        "profit_curve.csv",
        "leakage_findings.csv",
        "plots/roc_plot.png",
        "plots/precision_recall_plot.png",
        "plots/calibration_plot.png",
        "plots/decile_plot.png",
        "plots/profit_plot.png",
        "plots/importance_plot.png",
        "plots/slice_plot.png",
        "plots/learning_plot.png",
    ],
)
def test_a_training_leaves_its_reports(finished_project: ProjectCopy, report: str) -> None:
    assert (finished_project.data / "08_reporting" / report).stat().st_size > 0


def test_mlflow_holds_the_run_with_parameters_metrics_and_model(
    finished_project: ProjectCopy,
) -> None:
    metrics = json.loads(
        (finished_project.data / "08_reporting" / "evaluation_metrics.json").read_text()
    )
    with sqlite3.connect(finished_project.path / "mlflow.db") as database:
        logged = dict(database.execute("select key, value from latest_metrics").fetchall())
        parameters = {row[0] for row in database.execute("select key from params").fetchall()}
        status = database.execute("select status from runs").fetchall()
        tags = dict(database.execute("select key, value from model_version_tags").fetchall())
    assert {name: logged[name] for name in metrics} == pytest.approx(metrics)
    assert {"as_of", "training", "label"} <= {name.split(".")[0] for name in parameters}
    assert status == [("FINISHED",)]
    assert tags["status"] == "champion"
    assert json.loads(tags["reasons"]) == ["There was no champion to compare with."]
    assert len(tags["data_fingerprint"]) == len(tags["features_digest"]) == 64


def test_the_card_names_its_version_and_is_an_artifact_of_the_run(
    finished_project: ProjectCopy,
) -> None:
    card = (finished_project.data / "08_reporting" / "model_card.html").read_text()
    assert "<strong>Version:</strong> 1</li>" in card
    (logged,) = finished_project.path.glob("mlruns/*/artifacts/model_card.html")
    assert logged.read_text() == card
    (packaged,) = finished_project.path.glob("mlruns/models/*/artifacts/artifacts/about/*.html")
    assert (
        packaged.read_text().replace("the registered version that contains this card", "1") == card
    )


def test_metrics_are_the_flat_json_that_was_promised(finished_project: ProjectCopy) -> None:
    path = finished_project.data / "08_reporting" / "evaluation_metrics.json"
    metrics = json.loads(path.read_text())
    promised = {
        "roc_auc",
        "average_precision",
        "brier",
        "log_loss",
        "expected_calibration_error",
        "lift_at_5_percent",
    }
    assert promised <= set(metrics)
    assert all(isinstance(value, float) for value in metrics.values())


def test_wandb_holds_config_metrics_and_the_mlflow_run(finished_project: ProjectCopy) -> None:
    (file,) = finished_project.path.glob("wandb/offline-run-*/*.wandb")
    records = read_records(file)
    config = {
        item.key or ".".join(item.nested_key): item.value_json
        for record in records
        for update in (record.config, record.run.config)
        for item in update.update
    }
    summary = {
        item.key or ".".join(item.nested_key): item.value_json
        for record in records
        for item in record.summary.update
    }
    history = {
        item.key or ".".join(item.nested_key) for record in records for item in record.history.item
    }
    assert json.loads(config["as_of"]) == "2026-09-28"
    assert "mlflow_run_id" in config
    assert "roc_auc" in history | set(summary)
    assert any(record.HasField("exit") and record.exit.exit_code == 0 for record in records)


def test_no_identifier_is_found_behind_ingestion(finished_project: ProjectCopy) -> None:
    raw = pq.read_table(finished_project.data / "01_raw" / "customers").to_pydict()
    legitimate = {str(day) for day in raw["signed_up_on"]}
    values = {str(value) for column in IDENTIFIERS for value in raw[column]} - legitimate
    assert len(values) > 4000
    places = [*finished_project.data.glob("0[2-8]*"), *finished_project.path.glob("mlruns")]
    files = [file for place in places for file in place.rglob("*") if file.is_file()]
    files += [finished_project.path / "mlflow.db"]
    files += [file for file in finished_project.path.glob("wandb/**/*") if file.is_file()]
    assert len(files) > 20
    leaks = {str(file): found for file in files if (found := _texts(file) & values)}
    assert leaks == {}


def test_the_search_for_identifiers_would_find_one(
    finished_project: ProjectCopy, tmp_path: Path
) -> None:
    raw = pq.read_table(finished_project.data / "01_raw" / "customers")
    pq.write_table(raw, tmp_path / "leak.parquet")
    (tmp_path / "leak.txt").write_text(f"seen: {raw['email'][3].as_py()}, {raw['phone'][4]}")
    assert raw["full_name"][7].as_py() in _texts(tmp_path / "leak.parquet")
    assert {raw["email"][3].as_py(), raw["phone"][4].as_py()} <= _texts(tmp_path / "leak.txt")


def test_the_summary_says_what_happened(finished_project: ProjectCopy) -> None:
    summary = (finished_project.data / "08_reporting" / "run_summary.txt").read_text()
    for part in (
        "customers scored as of 2026-09-28",
        "to contact",
        "telco_churn_test version 1",
        "ROC AUC",
        "rejected",
        "usage: call_minutes_too_small",
        "churn_scores",
    ):
        assert part in summary
    assert "trained on days after" not in summary
    assert re.search(r"to contact.*, expected value [\d,]+ EUR$", summary, re.MULTILINE)


def _count(path: Path) -> int:
    return pq.read_table(path, columns=[], partitioning=None).num_rows


def _texts(file: Path) -> set[str]:
    """Return every text in a file that could be an identifier: Parquet values, or byte matches."""
    if file.suffix == ".parquet":
        table = pq.ParquetFile(file).read()
        texts = {str(value) for column in table.columns for value in column.to_pylist()}
        joined = "\n".join(texts)
    else:
        texts = set()
        joined = file.read_bytes().decode("utf-8", errors="ignore")
    patterns = (
        r"[\w.]+@example\.org",
        r"\+00 555 \d{9}",
        r"PC-\d{7}",
        r"\b[A-Z][a-z]+ [A-Z][a-z]+\b",
        r"\b\d{4}-\d\d-\d\d\b",
    )
    return texts | {match for pattern in patterns for match in re.findall(pattern, joined)}
