"""Bad input ends a run with one clear message, and the results of earlier runs stay unchanged."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy, slow_after

Break = Callable[[pa.Table], pa.Table]


def _text_in_numbers(table: pa.Table) -> pa.Table:
    position = table.schema.get_field_index("call_minutes")
    return table.set_column(position, "call_minutes", pa.array(["often"] * len(table)))


# Folders of steps that a run may have rewritten before it stopped; all others hold results.
STEPS_ON_THE_WAY = {"02_intermediate", "04_feature", "05_model_input"}

BROKEN_USAGE: dict[str, tuple[Break, list[str]]] = {
    "lacks a column": (
        lambda table: table.drop_columns(["day"]),
        ["raw_usage", "missing ['day']", "found ['customer_id'", "`columns`"],
    ),
    "has a column by another name": (
        lambda table: table.rename_columns({"data_mb": "mb"}),
        ["raw_usage", "missing ['data_mb'], unknown ['mb']", "allowed ['customer_id'"],
    ),
    "has no rows": (
        lambda table: table.slice(0, 0),
        ["raw_usage", "no rows", "filepath of its catalog entry"],
    ),
    "has text in a number": (
        _text_in_numbers,
        [
            "part-00000.parquet: 99",
            "call_minutes_type",
            "Expected at most 2.0%",
            "rejected_rows",
        ],
    ),
    "is all impossible": (
        lambda table: table.set_column(
            table.schema.get_field_index("data_mb"), "data_mb", pc.negate(table["data_mb"])
        ),
        [
            "part-00000.parquet: 99",
            "data_mb_too_small",
            "ingestion.max_rejected_fraction",
        ],
    ),
}


@pytest.mark.parametrize("how", slow_after(2, [(how,) for how in BROKEN_USAGE]))
def test_a_broken_raw_table_is_refused_and_the_primary_tables_stay(
    project: ProjectCopy, how: str
) -> None:
    break_table, expected = BROKEN_USAGE[how]
    folder = project.data / "01_raw" / "usage"
    table = pa.Table.from_batches(pq.read_table(folder).to_batches())
    shutil.rmtree(folder)
    folder.mkdir()
    pq.write_table(break_table(table), folder / "part-00000.parquet")
    _expect_refusal(project, "ingestion", expected=expected)


def test_the_rejects_are_saved_before_the_run_stops(project: ProjectCopy) -> None:
    folder = project.data / "01_raw" / "contacts"
    table = pq.read_table(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    position = table.schema.get_field_index("topic")
    nothing = pa.array([None] * len(table), pa.string())
    pq.write_table(table.set_column(position, "topic", nothing), folder / "all.parquet")
    result = project.run("--pipelines", "ingestion")
    assert result.exit_code == ExitCode.INVALID_INPUT
    rejected = pq.read_table(project.data / "02_intermediate" / "rejected_rows.parquet")
    of_contacts = rejected.filter(pc.equal(rejected["table"], "contacts"))
    assert set(of_contacts["rule"].to_pylist()) == {"topic_missing"}
    assert '"topic":null' in of_contacts["content"][0].as_py()


@pytest.mark.slow
def test_a_late_column_that_would_be_blanked_as_a_whole_is_refused(project: ProjectCopy) -> None:
    folder = project.data / "01_raw" / "invoices"
    table = pa.Table.from_batches(pq.read_table(folder).to_batches())
    shutil.rmtree(folder)
    folder.mkdir()
    position = table.schema.get_field_index("paid_on")
    long_ago = pa.array([date(1900, 1, 1)] * len(table), table.schema.field("paid_on").type)
    pq.write_table(table.set_column(position, "paid_on", long_ago), folder / "all.parquet")
    expected = ["raw_invoices: ", "values of paid_on (100.0%) blanked", "max_blanked_fraction"]
    _expect_refusal(project, "ingestion", expected=expected)
    assert project.run("--pipelines", "ingestion").exit_code == ExitCode.INVALID_INPUT
    report = pd.read_csv(project.data / "02_intermediate" / "ingestion_report.csv")
    assert "blanked_paid_on_after_issue_broken" in set(report["outcome"])


def test_a_missing_raw_file_is_named_with_what_to_do(project: ProjectCopy) -> None:
    shutil.rmtree(project.data / "01_raw" / "invoices")
    expected = [
        "raw_invoices",
        "01_raw/invoices",
        "--env test --pipelines simulation",
        "raw.yml",
    ]
    _expect_refusal(project, "ingestion", expected=expected)


def test_a_file_that_is_no_parquet_is_named(project: ProjectCopy) -> None:
    (project.data / "01_raw" / "contacts" / "part-00000.parquet").write_bytes(b"")
    expected = ["raw_contacts", "Cannot read ", " as Parquet: "]
    _expect_refusal(project, "ingestion", expected=expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    slow_after(
        8,
        [
            (["--params", "as_of=tomorrow"], ["as_of", "YYYY-MM-DD", "'tomorrow'", "--params"]),
            (["--params", "as_of=2026-02-30"], ["as_of", "YYYY-MM-DD", "2026-02-30"]),
            (["--params", "as_of=2020-01-01"], ["2020-01-01", "outside the data", "2025-04-01"]),
            (["--params", "as_of=2031-01-01"], ["2031-01-01", "outside the data", "2026-09-28"]),
            (["--params", "as_off=2026-09-28"], ["Unknown", "as_off", "as_of", "--params"]),
            (["--params", "as_of=20260928"], ["as_of", "YYYY-MM-DD", "20260928"]),
            (
                ["--params", "label.horizon=3"],
                ["Did you mean 'label.horizon_days'"],
            ),
            (
                ["--params", "simulation.seeed=3"],
                ["Did you mean 'simulation.seed'"],
            ),
            (
                ["--params", "features.windows.usge.date=day"],
                ["Missing parameter 'features.windows.usge.windows'"],
            ),
            (["--params", "scoring.batch_rows=0"], ["scoring", "batch_rows", "greater than"]),
            (
                ["--params", "decision.contact_cost=-1"],
                ["decision", "contact_cost", "greater than"],
            ),
            (["--params", "decision.high_risk_from=0.01"], ["medium_risk_from", "below"]),
            (["--params", "decision.kept_customer_value=.inf"], ["kept_customer_value", "finite"]),
            (["--params", "decision.acceptance_rate=1.2"], ["acceptance_rate", "less than"]),
            (["--params", "decision.campaign_capacity=0"], ["campaign_capacity", "greater than"]),
            (["--params", "evaluation.confidence=2"], ["evaluation.confidence", "less than 1"]),
            (["--params", "leakage.action=ignore"], ["leakage.action", "'warn'"]),
            (["--params", "training.gate.required_gain=5"], ["is now gate.required_gain"]),
            (["--params", "tuning.trials=-1"], ["tuning.trials", "greater than"]),
            (["--params", "version=newest"], ["version", "number of a registered version"]),
        ],
    ),
)
def test_a_bad_parameter_is_named_and_the_scores_stay(
    project: ProjectCopy, arguments: list[str], expected: list[str]
) -> None:
    _expect_refusal(project, "training,scoring", *arguments, expected=expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    slow_after(
        2,
        [
            ("as_of=2025-05-15", ["2025-05-15", "0 matured snapshots", "later as_of"]),
            ("snapshots.every=monthly", ["snapshots.every", "'monthly'", "4 weeks"]),
            ("snapshots.from=2026-06-01", ["4 matured", "one to train on", "snapshots.from"]),
            (
                "label.horizon_days=1,snapshots.from=2026-06-01",
                ["churned", "expected churners and stayers"],
            ),
        ],
    ),
)
def test_too_little_to_learn_from_is_said_and_the_champion_stays(
    project: ProjectCopy, arguments: str, expected: list[str]
) -> None:
    _expect_refusal(project, "training", "--params", arguments, expected=expected)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("http://127.0.0.1:9", ["http://127.0.0.1:9", "does not answer", "mlflow.yml"]),
        ("sqlite:////proc/mlflow.db", ["/proc/mlflow.db", "does not answer", "mlflow.yml"]),
    ],
)
def test_a_registry_that_does_not_answer_is_named(
    project: ProjectCopy, place: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    project.edit("conf/base/mlflow.yml", f"sqlite:///{project.path}/mlflow.db", place)
    _expect_refusal(project, "scoring", expected=expected)


def _edit_examples(project: ProjectCopy, change: Callable[[pd.DataFrame], pd.DataFrame]) -> str:
    """Change the training examples; return the nodes to start from."""
    path = project.data / "05_model_input" / "training_examples.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    return "training.read_examples,release.describe_operator"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda rows: rows.assign(churned=rows["churned"] & (rows["split"] != "calibration")),
            ["class in the calibration rows: 0 of", "expected churners and stayers"],
        ),
        (
            lambda rows: rows.assign(churned=rows["churned"] | (rows["split"] == "test")),
            ["Only one class in the test rows", "expected churners and stayers"],
        ),
        (
            lambda rows: rows.assign(reason_code=rows["churned"].map({True: "price", False: None})),
            ["reason_code", "limit", "leakage.accepted"],
        ),
        (
            lambda rows: rows.assign(
                bill_shock=rows["bill_shock"].mask(rows.index == 5, float("inf"))
            ),
            ["infinite values", "{'bill_shock': 1}"],
        ),
    ],
    ids=["no positives to calibrate", "one class to judge", "a leak", "an infinite value"],
)
def test_examples_that_cannot_teach_are_refused_and_the_champion_stays(
    project: ProjectCopy, change: Callable[[pd.DataFrame], pd.DataFrame], expected: list[str]
) -> None:
    nodes = _edit_examples(project, change)
    reports = frozenset({"leakage_findings"})
    _expect_refusal(project, "training", "--from-nodes", nodes, expected=expected, reports=reports)


@pytest.mark.slow
def test_a_feature_that_is_empty_teaches_nothing_and_the_run_goes_on(
    project: ProjectCopy, caplog: pytest.LogCaptureFixture
) -> None:
    nodes = _edit_examples(project, lambda rows: rows.assign(bill_shock=float("nan")))
    result = project.run("--pipelines", "training", "--from-nodes", nodes)
    assert result.exit_code == 0, result.output
    assert "Features ['bill_shock'] are empty" in caplog.text


def test_scoring_refuses_an_infinite_feature_and_takes_a_new_category_for_unknown(
    project: ProjectCopy, caplog: pytest.LogCaptureFixture
) -> None:
    folder = project.data / "04_feature" / "customer_features" / "as_of=2026-09-28"
    features = pd.read_parquet(folder / "features.parquet")
    nodes = "scoring.plan_commit,scoring.fingerprint_sources,reporting.describe_rejected_rows"
    features.assign(bill_shock=float("inf")).to_parquet(folder / "features.parquet")
    expected = ["infinite values", "bill_shock"]
    _expect_refusal(project, "scoring", "--from-nodes", nodes, expected=expected)
    features.assign(plan="never sold before").to_parquet(folder / "features.parquet")
    result = project.run("--pipelines", "scoring", "--from-nodes", nodes)
    assert result.exit_code == 0, result.output
    assert caplog.text.count("example ['never sold before']: it counts as missing") == 1


@pytest.mark.slow
def test_a_search_for_parameters_is_kept_and_not_made_twice(
    project: ProjectCopy, caplog: pytest.LogCaptureFixture
) -> None:
    nodes = _edit_examples(project, lambda rows: rows)
    caplog.set_level("INFO")
    for expected in (2, 0):
        caplog.clear()
        search = ["--params", "tuning.trials=2"]
        result = project.run("--pipelines", "training", "--from-nodes", nodes, *search)
        assert result.exit_code == 0, result.output
        assert caplog.text.count("Tuning on the training rows: trial") == expected


def test_scoring_without_a_champion_says_to_train(project: ProjectCopy) -> None:
    (project.path / "mlflow.db").unlink()
    expected = ["No champion to score with", "kedro run --env test --pipelines training"]
    _expect_refusal(project, "scoring", expected=expected)


BAD_DECLARATIONS = {
    "an unknown date": ("date: day", "date: days", ["usage", "['days']", "'day'"]),
    "an unknown measure": ("sms_count: [", "fax_count: [", ["fax_count", "usage", "sms_count"]),
    "a measure of words": (
        "contact_id: [count",
        "contact_id: [mean, count",
        ["contacts", "['contact_id']", "hold no numbers", "count"],
    ),
    "a window of no days": (
        "windows: [7, 28, 84]\n",
        "windows: [0, 28]\n",
        ["value 0 for", "than 0"],
    ),
    "a window before time": ("windows: [28, 56]", "windows: [-3]", ["value -3 for", "than 0"]),
    "an unknown statistic": ("[mean, max]", "[median]", ["median", "'mean'", "'trend'"]),
    "a feature twice": (
        "windows: [28, 56]",
        "windows: [28, 28]",
        ["_28d", "Duplicate feature names"],
    ),
    "a name that is taken": (
        "call_minutes: {mean: [7, 28, 84], trend: [7, 28]}",
        "call_minutes: {mean: [7, 7]}",
        ["usage_call_minutes_mean_7d", "Duplicate feature names"],
    ),
    "a value without the date from which it is known": (
        "known_from: {satisfaction: resolved_on}",
        "known_from: {}",
        ["contacts", "known_from: {'satisfaction': 'resolved_on'}"],
    ),
    "a misspelt column that is known later": (
        "known_from: {satisfaction: resolved_on}",
        "known_from: {satisfation: resolved_on}",
        ["contacts", "['satisfation']"],
    ),
    "an unknown table": (
        "    invoices:\n",
        "    bills:\n",
        ["'bills'", "expected a table in the catalog"],
    ),
}


@pytest.mark.parametrize("how", slow_after(4, [(how,) for how in BAD_DECLARATIONS]))
def test_a_feature_that_cannot_be_made_is_refused_before_anything_runs(
    project: ProjectCopy, how: str
) -> None:
    old, new, expected = BAD_DECLARATIONS[how]
    project.edit("conf/base/parameters/features.yml", old, new)
    before = project.snapshot()
    message = _expect_refusal(project, "scoring", expected=["features", *expected])
    assert project.snapshot() == before
    assert message.count("\n") == 1


def test_activity_of_a_table_that_has_no_features_is_refused(project: ProjectCopy) -> None:
    project.edit("conf/base/parameters/label.yml", "event_tables: []", "event_tables: [calls]")
    expected = ["label.event_tables", "['calls']", "['contacts', 'invoices', 'usage']"]
    _expect_refusal(project, "scoring", expected=expected)


@pytest.mark.slow
def test_a_champion_whose_files_are_gone_is_named_and_not_taken_for_none(
    project: ProjectCopy,
) -> None:
    project.edit("conf/base/mlflow.yml", str(project.path), str(project.path))
    with sqlite3.connect(project.path / "mlflow.db") as database:
        gone = str(project.path / "gone")
        database.execute("update model_versions set source = ?, storage_location = ?", (gone, gone))
    _expect_refusal(
        project, "training", expected=["previous_champion", "Cannot read the files", "promote"]
    )


def test_tables_of_other_origin_are_never_simulated_over(project: ProjectCopy) -> None:
    (project.data / "01_raw" / "usage" / "_streamed").unlink()
    expected = [
        "raw_usage",
        "this project did not write it",
        "--pipelines ingestion,training,scoring",
    ]
    result = project.run("--pipelines", "simulation")
    assert result.exit_code == 1
    assert [part for part in expected if part not in result.output] == []
    assert len(list((project.data / "01_raw" / "usage").glob("*.parquet"))) == 3


def test_a_feature_of_the_champion_that_is_no_longer_computed_is_named(
    project: ProjectCopy,
) -> None:
    project.edit("conf/base/parameters/features.yml", "sms_count: [mean]", "sms_count: [max]")
    expected = ["champion", "usage_sms_count_mean_7d", "features.yml"]
    _expect_refusal(project, "scoring", expected=expected)


def _expect_refusal(
    project: ProjectCopy,
    pipelines: str,
    *arguments: str,
    expected: list[str],
    reports: frozenset[str] = frozenset({"data_dictionary"}),
) -> str:
    before = project.snapshot()
    result = project.run("--pipelines", pipelines, *arguments)
    assert result.exit_code not in {ExitCode.DONE, ExitCode.NOTHING_TO_DO}, result.output
    message = result.output[result.output.index("Error: ") :]
    assert [part for part in expected if part not in message] == [], message
    assert "Traceback" not in message
    after = project.snapshot()
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    results = {
        path
        for path in changed
        if not set(Path(path).parts) & STEPS_ON_THE_WAY and Path(path).stem not in reports
    }
    assert results == set()
    return message
