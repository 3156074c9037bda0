"""A new event table joins by configuration alone, and a prepaid operator is one too."""

from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy

CATALOG = """
roaming:
  type: kedro_asof.datasets.engine_table.EngineTable
  filepath: ${globals:data}/03_primary/roaming.parquet
  connection: ${globals:engine}
  validator:
    class: telco_churn.contracts.DeclaredTable
    on: [load]
    options:
      columns:
        customer_id: {type: string}
        day: {type: date}
        country: {type: string, one_of: [AT, CH]}
        roaming_mb: {type: float64, at_least: 0}
      unique: [customer_id, day]
"""
BLOCK = """
    roaming:
      date: day
      windows: [28]
      measures:
        roaming_mb: [sum, active_days]
      categories:
        country: {CH: [share]}
"""


def test_a_table_with_a_catalog_entry_a_contract_and_a_block_becomes_features(
    project: ProjectCopy,
) -> None:
    _add_roaming(project, _roaming())
    result = project.run("--pipelines", "features", "--tags", "scoring")
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
    result = project.run("--pipelines", "features", "--tags", "scoring")
    assert result.exit_code == ExitCode.REFUSED
    assert "roaming" in result.output
    assert f"roaming_mb_too_small in {len(broken):,} rows" in result.output


def test_two_rows_of_one_key_are_refused(project: ProjectCopy) -> None:
    _add_roaming(project, pa.concat_tables([_roaming(), _roaming().slice(0, 3)]))
    result = project.run("--pipelines", "features", "--tags", "scoring")
    assert result.exit_code == ExitCode.REFUSED
    assert "3 rows too many for the key ['customer_id', 'day']" in result.output


def test_a_prepaid_operator_learns_from_inactivity(project: ProjectCopy) -> None:
    project.edit("conf/base/parameters/label.yml", "kind: cancellation", "kind: inactivity")
    project.edit("conf/base/parameters/label.yml", "event_tables: []", "event_tables: [contacts]")
    eligibility = "conf/base/parameters/eligibility.yml"
    project.edit(eligibility, "active_within_days: null", "active_within_days: 84")
    result = project.run("--pipelines", "features")
    assert result.exit_code == 0, result.output
    labelled = pd.read_parquet(project.data / "04_feature" / "labelled_features.parquet")
    contacts = pd.read_parquet(project.data / "03_primary" / "contacts.parquet")
    pairs = labelled[["customer_id", "as_of", "churned"]].merge(contacts, on="customer_id")
    ahead = (pd.to_datetime(pairs["contacted_on"]) - pd.to_datetime(pairs["as_of"])).dt.days
    key = ["customer_id", "as_of"]
    seen = (
        pairs.assign(later=ahead.between(0, 27), before=ahead.between(-84, -1))
        .groupby(key)[["later", "before"]]
        .any()
    )
    churned = labelled.set_index(key)["churned"].loc[seen.index]
    assert seen["before"].all()
    assert (churned == ~seen["later"]).all()
    assert 0.1 < churned.mean() < 0.9


def _roaming() -> pa.Table:
    """Two days abroad within the window, one before it, for a few customers."""
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
    (project.path / "conf" / "base" / "catalog" / "roaming.yml").write_text(CATALOG)
    parameters = project.path / "conf" / "base" / "parameters" / "features.yml"
    parameters.write_text(parameters.read_text() + BLOCK)
