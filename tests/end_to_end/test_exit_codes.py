"""The exit code of a run shows a scheduler what to do next."""

import shutil
import sqlite3
from collections.abc import Callable

import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from deltalake import DeltaTable

from kedro_asof.errors import ExitCode
from kedro_asof.preflight import SCHEMAS
from tests.conftest import PROJECT, ProjectCopy

ENVIRONMENTS = sorted(
    path.name for path in (PROJECT / "conf").iterdir() if path.is_dir() and path.name != SCHEMAS
)

pytestmark = pytest.mark.slow

Case = Callable[[ProjectCopy], Result]


def score(project: ProjectCopy, params: str = "as_of=2026-08-31") -> Result:
    return project.run("--pipelines", "scoring", "--params", params)


def break_a_primary_table(project: ProjectCopy) -> Result:
    path = project.data / "03_primary" / "subscriptions.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["plan"]), path)
    return score(project)


def lose_half_the_customers(project: ProjectCopy) -> Result:
    path = project.data / "03_primary" / "customers.parquet"
    customers = pd.read_parquet(path)
    customers.head(len(customers) // 2).to_parquet(path, index=False)
    return score(project, "as_of=2026-09-27,guard.max_customers_change=0.2")


def remove_a_table(project: ProjectCopy) -> Result:
    shutil.rmtree(project.data / "03_primary" / "contacts")
    return score(project)


def let_contacts_end_early(project: ProjectCopy) -> Result:
    contacts = DeltaTable(project.data / "03_primary" / "contacts")
    contacts.delete("contacted_on >= '2026-08-01'")
    return score(project)


def lose_all_customers(project: ProjectCopy) -> Result:
    path = project.data / "03_primary" / "customers.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    return score(project)


def demote_the_champion(project: ProjectCopy) -> Result:
    with sqlite3.connect(project.path / "mlflow.db") as database:
        database.execute("delete from registered_model_aliases")
    return score(project)


def declare_fewer_features(project: ProjectCopy) -> Result:
    project.edit("conf/base/parameters/features.yml", "windows: [90, 365]", "windows: [60, 365]")
    return score(project)


CASES: dict[str, tuple[Case, ExitCode, str]] = {
    "scored": (score, ExitCode.DONE, "customers scored as of 2026-08-31"),
    "scored before": (lambda it: score(it, "as_of=2026-09-28"), ExitCode.NOTHING_TO_DO, "rescore"),
    "sources end early": (let_contacts_end_early, ExitCode.NOT_READY, "contacts reaches 2026-07"),
    "usage ends early": (
        lambda it: score(it, "as_of=2026-10-05"),
        ExitCode.NOT_READY,
        "usage runs from",
    ),
    "a broken contract": (break_a_primary_table, ExitCode.INVALID_INPUT, "missing ['plan']"),
    "no such parameter": (lambda it: score(it, "as_off=1"), ExitCode.WRONG_CALL, "as_off"),
    "no such option": (lambda it: it.run("--pipelin", "scoring"), ExitCode.WRONG_CALL, "--pipelin"),
    "no such pipeline": (
        lambda it: it.run("--pipelines", "scorin"),
        ExitCode.WRONG_CALL,
        "pipeline 'scorin'. Did you mean 'scoring'? Expected one of ['__default__', 'features', ",
    ),
    "no such environment": (
        lambda it: it.run("--pipelines", "scoring", env="nope"),
        ExitCode.WRONG_CALL,
        f"Expected one of {ENVIRONMENTS}",
    ),
    "not a date": (
        lambda it: score(it, "as_of=x"),
        ExitCode.WRONG_CALL,
        "--params as_of=2026-09-28 or set as_of",
    ),
    "before the data": (
        lambda it: score(it, "as_of=2020-01-01"),
        ExitCode.INVALID_INPUT,
        "2025-04-01",
    ),
    "no customers": (
        lose_all_customers,
        ExitCode.INVALID_INPUT,
        "No active customer in customer_feat",
    ),
    "no champion": (demote_the_champion, ExitCode.INVALID_INPUT, "No champion to score with"),
    "fewer features": (declare_fewer_features, ExitCode.INVALID_INPUT, "invoices_amount_mean_90d"),
    "a table is gone": (remove_a_table, ExitCode.INVALID_INPUT, "Table not found"),
}


@pytest.mark.parametrize("what", CASES)
def test_each_ending_has_a_code_of_its_own(what: str, project: ProjectCopy) -> None:
    run, code, said = CASES[what]
    result = run(project)
    assert result.exit_code == code, result.output
    assert said in result.output


def test_scores_that_cannot_be_are_refused_and_those_before_stay(project: ProjectCopy) -> None:
    done = score(project, "as_of=2026-09-21")
    assert done.exit_code == ExitCode.DONE, done.output
    scores = project.data / "07_model_output" / "churn_scores"
    before = sorted(file.name for file in scores.rglob("*.parquet"))
    refused = lose_half_the_customers(project)
    assert refused.exit_code == ExitCode.INVALID_INPUT, refused.output
    assert "guard.max_customers_change" in refused.output
    assert "guard.action=warn" in refused.output
    assert sorted(file.name for file in scores.rglob("*.parquet")) == before
    lists = project.data / "07_model_output" / "contact_list"
    assert not (lists / "as_of=2026-09-27").exists()


def test_the_contact_list_is_who_is_contacted_best_first(finished_project: ProjectCopy) -> None:
    folder = finished_project.data / "07_model_output"
    place = folder / "contact_list" / "as_of=2026-09-28"
    listed, for_people = (
        pd.read_parquet(place / "contact_list.parquet"),
        pd.read_csv(place / "contact_list.csv"),
    )
    scores = pd.read_parquet(folder / "churn_scores")
    contacted = scores[scores["contact"]].sort_values(
        ["expected_value", "customer_id"], ascending=[False, True]
    )
    assert list(listed["customer_id"]) == list(contacted["customer_id"])
    assert list(for_people["Customer"]) == list(contacted["customer_id"])
    exact = pytest.approx(list(contacted["expected_value"]), abs=0.0051)
    assert list(for_people["Expected value (EUR)"]) == exact
    assert list(listed["rank"]) == list(range(1, len(listed) + 1))
    assert not scores.loc[scores["holdout"], "contact"].any()
