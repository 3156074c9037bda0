"""Concurrent and killed processes: a date is scored completely or stays as it was."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from deltalake import DeltaTable
from mlflow import MlflowClient

from kedro_asof.datasets.dated_history import DatedHistory
from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy, decision_params
from tests.processes import read_until, start_run

pytestmark = pytest.mark.slow

# Writes 200,000 customers of one date, with the given generation, when it reads a line.
WRITER = """
import sys
import ibis
from telco_churn.contracts import SCORES_SCHEMA
from kedro_asof.date_commit import DateCommit
from kedro_asof.datasets.dated_history import DatedHistory
from kedro_asof.datasets.dated_table import DatedTable

path, generation = sys.argv[1:]
engine = {"backend": "duckdb", "database": ":memory:"}
contract = "telco_churn.contracts.ChurnScores"
table = DatedTable(filepath=path, as_of="2026-01-01", connection=engine, contract=contract)
values = {
    "customer_id": "i::varchar", "as_of": "DATE '2026-01-01'", "churn_probability": "0.1",
    "risk_band": "'low'", "expected_value": "1", "contact": "true", "holdout": "false",
    "model_version": generation, "run_id": "'r'", "scored_at": "TIMESTAMPTZ '2026-01-01'",
}
columns = ", ".join(
    f"({values.get(field.name, 'NULL')})::{kinds} AS {field.name}"
    for field in SCORES_SCHEMA
    for kinds in [{"string": "varchar", "double": "double", "int64": "bigint", "bool": "boolean",
                   "date32[day]": "date"}.get(str(field.type), "timestamptz")]
)
rows = table._connection.sql(f"SELECT {columns} FROM range(200000) t(i)")
history = DatedHistory(filepath=path).load()
replaces = int(history["table_version"].iloc[-1]) if len(history) else None
lineage = {"model_version": generation, "started_at": "2026-01-01T00:00:00+00:00"}
commit = DateCommit(rows, lineage, replaces)
print("ready", flush=True)
sys.stdin.readline()
table.save(commit)
print("saved", flush=True)
"""


def start_writer(table: Path, generation: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(table), str(generation)]
    writer = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    return writer


def go(writer: subprocess.Popen[str]) -> None:
    assert writer.stdin is not None
    writer.stdin.write("go\n")
    writer.stdin.flush()


def generations(table: Path) -> Counter[int]:
    rows = DeltaTable(table).to_pyarrow_table(columns=["model_version"])
    return Counter(rows["model_version"].to_pylist())


def test_a_commit_that_is_killed_at_any_moment_is_made_or_not(tmp_path: Path) -> None:
    writer = start_writer(tmp_path, 1)
    assert writer.stdout is not None
    started = time.monotonic()
    go(writer)
    assert writer.stdout.readline() == "saved\n"
    took = time.monotonic() - started
    writer.communicate()
    moments, outcomes = random.Random(5), Counter[bool]()
    for generation in range(2, 14):
        (before,) = generations(tmp_path)
        writer = start_writer(tmp_path, generation)
        go(writer)
        time.sleep(moments.uniform(0, 0.9 * took))
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        ((after, rows),) = generations(tmp_path).items()
        assert rows == 200_000
        assert after in {before, generation}
        outcomes[after == generation] += 1
    assert outcomes[False] >= 3  # fewer kills before the commit would prove little
    writer = start_writer(tmp_path, 99)
    go(writer)
    writer.communicate()
    assert generations(tmp_path) == {99: 200_000}
    assert list(tmp_path.glob("_aside_*")) == []


def test_of_two_commits_of_a_date_at_once_one_is_made_and_the_other_says_so(tmp_path: Path) -> None:
    for first in (1, 3):
        writers = {
            generation: start_writer(tmp_path, generation) for generation in (first, first + 1)
        }
        for writer in writers.values():
            go(writer)
        said = {generation: writer.communicate() for generation, writer in writers.items()}
        (winner,) = [generation for generation, (out, _) in said.items() if "saved" in out]
        (loser,) = set(writers) - {winner}
        assert "Another run committed as_of=2026-01-01" in said[loser][1]
        assert generations(tmp_path) == {winner: 200_000}


def start_scoring(project: ProjectCopy, day: str, *params: str) -> subprocess.Popen[str]:
    given = ",".join([f"as_of={day}", *params])
    return start_run(project, "--pipelines", "scoring", "--params", given)


def scored(project: ProjectCopy) -> Counter[str]:
    table = DeltaTable(project.data / "07_model_output" / "churn_scores")
    return Counter(map(str, table.to_pyarrow_table(columns=["as_of"])["as_of"].to_pylist()))


def test_two_dates_at_once_are_both_scored_and_of_one_date_one_run_wins(
    project: ProjectCopy,
) -> None:
    before = scored(project)
    days = ["2026-08-31", "2026-08-31", "2026-08-24"]
    runs = [start_scoring(project, day) for day in days]
    output = [run.communicate()[0] for run in runs]
    codes = [run.returncode for run in runs]
    assert codes[2] == ExitCode.DONE, output[2]
    # The other run committed either while this one ran or before it started.
    assert sorted(codes[:2])[0] == ExitCode.DONE, output[:2]
    assert sorted(codes[:2])[1] in {ExitCode.NOT_READY, ExitCode.NOTHING_TO_DO}, output[:2]
    after = scored(project)
    assert set(after) == {*before, *days}
    assert max(Counter(customers(project, "2026-08-31")).values()) == 1


def customers(project: ProjectCopy, day: str) -> list[str]:
    table = DeltaTable(project.data / "07_model_output" / "churn_scores")
    rows = table.to_pyarrow_table(columns=["customer_id", "as_of"]).to_pylist()
    return [row["customer_id"] for row in rows if str(row["as_of"]) == day]


NODES = ["predict_churn", "choose_contacts", "explain_contacts", "assemble_scores", "list_contacts"]


@pytest.mark.parametrize("node", NODES)
def test_a_run_that_is_killed_leaves_the_scores_before_and_the_next_one_works(
    node: str, project: ProjectCopy
) -> None:
    before = scored(project)
    run = start_scoring(project, "2026-08-31")
    seen = list(read_until(run, f".{node}\n"))
    assert node in seen[-1], seen
    run.kill()
    run.communicate()
    left = scored(project)
    assert {day: rows for day, rows in left.items() if day != "2026-08-31"} == before
    lists = project.data / "07_model_output" / "contact_list" / "as_of=2026-08-31"
    was_committed = "2026-08-31" in left
    was_whole = was_committed and (lists / "contact_list.csv").exists()
    again = start_scoring(project, "2026-08-31")
    output, _ = again.communicate()
    assert again.returncode == (ExitCode.NOTHING_TO_DO if was_whole else ExitCode.DONE), output
    assert was_committed or node != "list_contacts"
    assert len(customers(project, "2026-08-31")) == len(set(customers(project, "2026-08-31"))) > 600
    assert sorted(file.name for file in lists.iterdir() if not file.name.startswith(".")) == [
        "contact_list.csv",
        "contact_list.parquet",
    ]


def test_a_run_is_let_in_only_when_the_one_before_it_has_ended(project: ProjectCopy) -> None:
    """Intermediate tables of a date have one place, which a second run would overwrite."""
    first = start_scoring(project, "2026-08-31")
    list(read_until(first, ": scoring.choose_contacts"))
    first.send_signal(signal.SIGSTOP)
    second = start_scoring(project, "2026-08-31", "decision.kept_customer_value=4000")
    output, _ = second.communicate()
    assert second.returncode == ExitCode.NOT_READY, output
    assert "Another run is working on as_of=2026-08-31" in output
    first.send_signal(signal.SIGCONT)
    output, _ = first.communicate()
    assert first.returncode == ExitCode.DONE, output
    rows = DeltaTable(project.data / "07_model_output" / "churn_scores").to_pandas()
    rows = rows[rows["as_of"].astype(str) == "2026-08-31"]
    money = decision_params()
    worth = money.acceptance_rate * (
        rows["churn_probability"] * money.kept_customer_value - money.offer_cost
    )
    assert rows["expected_value"].tolist() == pytest.approx((worth - money.contact_cost).tolist())


def test_promoting_another_version_changes_nothing_in_a_run(project: ProjectCopy) -> None:
    client = MlflowClient(f"sqlite:///{project.path}/mlflow.db")
    name = "telco_churn_test"
    first = client.get_model_version_by_alias(name, "champion")
    run = start_scoring(project, "2026-08-31")
    list(read_until(run, ": scoring.choose_contacts"))
    run.send_signal(signal.SIGSTOP)
    second = client.create_model_version(name, first.source, first.run_id)
    client.set_registered_model_alias(name, "champion", second.version)
    run.send_signal(signal.SIGCONT)
    output, _ = run.communicate()
    assert run.returncode == ExitCode.DONE, output
    rows = DeltaTable(project.data / "07_model_output" / "churn_scores").to_pandas()
    rows = rows[rows["as_of"].astype(str) == "2026-08-31"]
    assert set(rows["model_version"]) == {int(first.version)}
    history = DatedHistory(
        filepath=str(project.data / "07_model_output" / "churn_scores"), lineage=["model_version"]
    )
    assert history.load()["model_version"].iloc[-1] == str(first.version)
