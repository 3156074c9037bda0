"""`kedro deliveries` lists the ingested files, withdraws one and takes it back."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from click.testing import CliRunner, Result
from kedro.framework.startup import bootstrap_project

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy, read_primary

FILE = "contacts/part-00001.parquet"
HOLD = """
import sys
from filelock import FileLock
with FileLock(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.readline()
"""


def run(project: ProjectCopy, *arguments: str) -> Result:
    bootstrap_project(project.path)
    from telco_churn.commands.deliveries import deliveries  # noqa: PLC0415

    return CliRunner().invoke(deliveries, [*arguments, "--env", "test"])


def test_the_files_of_a_table_are_listed_with_their_rows(project: ProjectCopy) -> None:
    listed = run(project, "list", "--table", "contacts")
    assert listed.exit_code == 0, listed.output
    assert [FILE in line for line in listed.output.splitlines()].count(True) == 1
    assert "topic_missing" in listed.output
    assert "usage/" not in listed.output


def test_a_file_is_withdrawn_and_restored(project: ProjectCopy) -> None:
    before = read_primary(project.data, "contacts")
    withdrawn = run(project, "withdraw", FILE)
    assert withdrawn.exit_code == 0, withdrawn.output
    assert f"Withdrew {FILE}" in withdrawn.output
    assert 0 < len(read_primary(project.data, "contacts")) < len(before)
    assert "withdrawn" in run(project, "list").output
    restored = run(project, "restore", FILE)
    assert restored.exit_code == 0, restored.output
    order = [("contact_id", "ascending")]
    assert read_primary(project.data, "contacts").sort_by(order) == before.sort_by(order)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["withdraw", "contacts/part-0001.parquet"], f"Did you mean '{FILE}'?"),
        (["restore", FILE], "expected the table and name of a file that is withdrawn"),
        (["list", "--table", "contact"], "Did you mean 'contacts'?"),
    ],
)
def test_an_unknown_name_is_refused(
    arguments: Sequence[str], expected: str, project: ProjectCopy
) -> None:
    refused = run(project, *arguments)
    assert refused.exit_code == ExitCode.WRONG_CALL
    assert expected in refused.output.replace("\n", " ")


def test_two_runs_never_ingest_at_the_same_time(project: ProjectCopy) -> None:
    lock = project.data / "03_primary" / ".claims" / "deliveries"
    lock.parent.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        result = project.run("--pipelines", "ingestion")
        holder.kill()
    assert result.exit_code == ExitCode.NOT_READY
    assert "Another run is ingesting deliveries" in result.output


@pytest.mark.parametrize(
    "file", ["contact/part-00000.parquet", "customers/part-00000.parquet", "x"]
)
def test_a_file_of_no_table_with_deliveries_is_refused(file: str, project: ProjectCopy) -> None:
    result = project.run("--pipelines", "ingestion", "--params", f"ingestion.withdraw=[{file}]")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert f"Invalid file '{file}' in ingestion.withdraw" in result.output


def test_a_name_with_brackets_is_shown_as_it_is(project: ProjectCopy) -> None:
    raw = project.data / "01_raw" / "contacts"
    (raw / "part-00000.parquet").rename(raw / "[red]part[.parquet")
    assert project.run("--pipelines", "ingestion").exit_code == 0
    assert "contacts/[red]part[.parquet" in run(project, "list").output
