"""A new event table, added as docs/how-to/add-a-table.md says; and a prepaid operator."""

import re
from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import telco_churn.contracts
from kedro_asof.errors import ExitCode
from tests.conftest import PROJECT, ProjectCopy, read_primary

PAGE = (PROJECT / "docs/how-to/add-a-table.md").read_text()
FEATURES_BLOCK, DECLARED, JUDGED = "# Add a table", "## A clean table", "## A table with bad rows"
INGESTION = "conf/base/parameters/ingestion.yml"
FEATURES = ("--pipelines", "features", "--tags", "scoring")


def test_a_table_with_a_catalog_entry_a_contract_and_a_block_becomes_features(
    project: ProjectCopy,
) -> None:
    _add_roaming(project, _roaming())
    result = project.run(*FEATURES)
    assert result.exit_code == 0, result.output
    folder = project.data / "04_feature" / "customer_features" / "as_of=2026-09-28"
    features = pd.read_parquet(folder / "features.parquet").set_index("customer_id")
    travellers = features[features["roaming_roaming_mb_sum_28d"] > 0]
    assert set(travellers["roaming_roaming_mb_sum_28d"]) == {30.0}
    assert set(travellers["roaming_roaming_mb_active_days_28d"]) == {2}
    assert set(travellers["roaming_country_ch_share_28d"]) == {0.5}
    nodes = "features.describe_features,features.write_dictionary"
    assert project.run("--nodes", nodes).exit_code == 0
    dictionary = pd.read_csv(project.data / "08_reporting" / "data_dictionary.csv")
    assert "roaming_country_ch_share_28d" in set(dictionary["name"])


def test_its_contract_is_kept_like_any_other(project: ProjectCopy) -> None:
    broken = _roaming()
    at = broken.schema.get_field_index("roaming_mb")
    _add_roaming(project, broken.set_column(at, "roaming_mb", pa.array([-1.0] * len(broken))))
    result = project.run(*FEATURES)
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "roaming" in result.output
    assert f"roaming_mb_too_small in {len(broken):,} rows" in result.output


def test_two_rows_of_one_key_are_refused(project: ProjectCopy) -> None:
    _add_roaming(project, pa.concat_tables([_roaming(), _roaming().slice(0, 3)]))
    result = project.run(*FEATURES)
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "3 duplicate rows for key ['customer_id', 'day']" in result.output


def test_the_rows_of_a_judged_table_are_accounted_for_and_rejected_by_named_rules(
    project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = _roaming()
    first = good.slice(0, 1).to_pylist()[0]
    bad = [
        first | {"day": date(2026, 9, 1), "roaming_mb": -1.0},
        first | {"day": date(2026, 9, 2), "country": "FR"},
        first | {"customer_id": "stranger"},
        first | {"roaming_mb": 99.0},
        first,
    ]
    _follow_judged(project, monkeypatch)
    raw = pa.concat_tables([good, pa.Table.from_pylist(bad, good.schema)])
    pq.write_table(raw, project.data / "01_raw" / "roaming.parquet")
    result = project.run("--pipelines", "ingestion")
    assert result.exit_code == 0, result.output
    report = pd.read_csv(project.data / "02_intermediate" / "ingestion_report.csv")
    outcomes = report[report["table"] == "roaming"].set_index("outcome")["rows"]
    rules = ["country_not_allowed", "repeated_key", "roaming_mb_too_small", "unknown_customer"]
    assert outcomes.to_dict() == {"kept": 300, "duplicate": 1} | dict.fromkeys(rules, 1)
    rejected = pd.read_parquet(project.data / "02_intermediate" / "rejected_rows.parquet")
    of_table = rejected[rejected["table"] == "roaming"].set_index("rule")["key"]
    assert of_table["unknown_customer"] == "stranger/2026-09-27"
    assert sorted(of_table.index) == rules
    assert len(pd.read_parquet(project.data / "03_primary" / "roaming.parquet")) == 300
    result = project.run(*FEATURES)
    assert result.exit_code == 0, result.output
    folder = project.data / "04_feature" / "customer_features" / "as_of=2026-09-28"
    features = pd.read_parquet(folder / "features.parquet")
    assert set(features["roaming_roaming_mb_sum_28d"]) == {0.0, 30.0}


@pytest.mark.parametrize(
    ("table", "contract", "expected"),
    [
        ("roaming", "contracts.Roaming", ["ingestion.tables.roaming.contract", "'contracts'"]),
        (
            "roaming",
            "telco_churn.contracts.Usage",
            ["Missing", "raw_roaming and roaming"],
        ),
        (
            "usage",
            "telco_churn.contracts.Usage",
            ["Invalid event_date None in ingestion.tables.usage", "MonthlyTable"],
        ),
        (
            "usage",
            "telco_churn.contracts.Invoices",
            ["ingestion.tables.usage.contract", "tables.Usage"],
        ),
    ],
)
def test_a_judged_table_that_cannot_work_ends_with_one_message(
    table: str, contract: str, expected: list[str], project: ProjectCopy
) -> None:
    usage = "    usage: {contract: telco_churn.contracts.Usage, event_date: day}\n"
    date = ", event_date: issued_on" if contract.endswith("Invoices") else ""
    entry = f"    {table}: {{contract: {contract}{date}}}\n"
    project.edit(INGESTION, usage, entry if table == "usage" else usage + entry)
    result = project.run("--pipelines", "ingestion")
    assert result.exit_code in {ExitCode.INVALID_INPUT, ExitCode.WRONG_CALL}
    message = result.output[result.output.index("Error: ") :]
    assert [part for part in expected if part not in message] == [], message
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_a_prepaid_operator_learns_from_inactivity(project: ProjectCopy) -> None:
    project.edit("conf/base/parameters/label.yml", "kind: cancellation", "kind: inactivity")
    project.edit("conf/base/parameters/label.yml", "event_tables: []", "event_tables: [contacts]")
    eligibility = "conf/base/parameters/eligibility.yml"
    project.edit(eligibility, "active_within_days: null", "active_within_days: 84")
    result = project.run("--pipelines", "features")
    assert result.exit_code == 0, result.output
    labeled = pd.read_parquet(project.data / "04_feature" / "labeled_features.parquet")
    contacts = read_primary(project.data, "contacts").to_pandas()
    pairs = labeled[["customer_id", "as_of", "churned"]].merge(contacts, on="customer_id")
    ahead = (pd.to_datetime(pairs["contacted_on"]) - pd.to_datetime(pairs["as_of"])).dt.days
    key = ["customer_id", "as_of"]
    seen = (
        pairs.assign(later=ahead.between(0, 27), before=ahead.between(-84, -1))
        .groupby(key)[["later", "before"]]
        .any()
    )
    churned = labeled.set_index(key)["churned"].loc[seen.index]
    assert seen["before"].all()
    assert (churned == ~seen["later"]).all()
    assert 0.1 < churned.mean() < 0.9


def _roaming() -> pa.Table:
    """Return two days abroad within the window and one before it, for 100 customers."""
    days = [date(2026, 9, 28) - timedelta(days=days) for days in (1, 28, 29)]
    customers = [f"C{number:09d}" for number in range(100)]
    rows = [
        {"customer_id": customer, "day": day, "country": country, "roaming_mb": 15.0}
        for customer in customers
        for day, country in zip(days, ("CH", "AT", "CH"), strict=True)
    ]
    schema = {
        "customer_id": pa.string(),
        "day": pa.date32(),
        "country": pa.string(),
        "roaming_mb": pa.float64(),
    }
    return pa.Table.from_pylist(rows, pa.schema(schema))


def _add_roaming(project: ProjectCopy, table: pa.Table) -> None:
    pq.write_table(table, project.data / "03_primary" / "roaming.parquet")
    _follow(project, FEATURES_BLOCK)
    _follow(project, DECLARED)


def _follow_judged(project: ProjectCopy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Follow both sections, and make the contracts of the copy importable."""
    folder = project.path / "src/telco_churn/contracts"
    folder.mkdir(parents=True)
    _follow(project, FEATURES_BLOCK)
    _follow(project, JUDGED)
    path = [*telco_churn.contracts.__path__, str(folder)]
    monkeypatch.setattr(telco_churn.contracts, "__path__", path)


def _follow(project: ProjectCopy, section: str) -> None:
    """Append what follows each line that names a file to this file."""
    text = PAGE.split(f"{section}\n", 1)[1].split("\n## ")[0]
    for block in re.findall(r"^```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        _, *parts = re.split(r"^# ((?:conf|src)/\S+)\n", block, flags=re.MULTILINE)
        for path, content in zip(parts[::2], parts[1::2], strict=True):
            with (project.path / path).open("a") as file:
                file.write(content)
