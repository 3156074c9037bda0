"""`kedro contracts` shows, checks, drafts and compares contracts on real files."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import ibis
import pytest
import yaml
from click.testing import CliRunner, Result
from kedro.framework.startup import bootstrap_project

from kedro_asof.contracts.row_rules import column_types
from kedro_asof.errors import ExitCode
from telco_churn.contracts.operator_tables import IDENTIFIERS
from telco_churn.pipelines.ingestion.row_checks import list_rules, type_rows
from tests.conftest import PROJECT, ProjectCopy

RAW = "data/test/01_raw"


def call(project: ProjectCopy, *arguments: str) -> Result:
    bootstrap_project(project.path)
    from telco_churn.cli import cli  # noqa: PLC0415  (needs a bootstrapped project)

    return CliRunner(catch_exceptions=False).invoke(cli, ["contracts", *arguments])


@pytest.fixture
def finished(finished_project: ProjectCopy, monkeypatch: pytest.MonkeyPatch) -> ProjectCopy:
    """The shared project; the commands of this file read it alone."""
    monkeypatch.chdir(finished_project.path)
    return finished_project


@pytest.fixture
def delivered_otherwise(project: ProjectCopy) -> ProjectCopy:
    """A project with customers that are named, written and coded differently, and no contacts."""
    customers = ibis.duckdb.connect().read_parquet(f"{RAW}/customers/*.parquet")
    otherwise = customers.mutate(
        signed_up_on=customers.signed_up_on.strftime("%d.%m.%Y"),
        segment=ibis.ifelse(customers.segment == "consumer", "RES", "BUS"),
    )
    names = {"CustomerID": "customer_id", "signedUpOn": "signed_up_on", "REGION": "region"}
    otherwise.rename(names).mutate(shoe_size=40).to_csv("customers.csv", delimiter=";")
    file = "filepath: customers.csv\n  file_format: csv"
    raw = "conf/base/catalog/raw.yml"
    project.edit(raw, "filepath: ${globals:data}/01_raw/customers", file)
    project.edit(raw, "01_raw/contacts", "01_raw/nothing")
    return project


@pytest.mark.slow
def test_the_sample_operator_satisfies_its_contracts_although_rows_are_bad(
    finished: ProjectCopy,
) -> None:
    before = finished.snapshot()
    result = call(finished, "check", "--env", "test")
    assert result.exit_code == ExitCode.DONE, result.output
    assert result.output.count(": ok, ") == 6
    assert "call_minutes_too_small: " in result.output
    assert "repeated_key: " in result.output
    assert "Add these keys" not in result.output
    assert finished.snapshot() == before


def test_each_difference_is_shown_with_the_keys_that_mend_it(
    delivered_otherwise: ProjectCopy,
) -> None:
    result = call(delivered_otherwise, "check", "-e", "test", "raw_customers", "raw_contacts")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "missing columns ['customer_id', 'signed_up_on', 'region']" in result.output
    assert "segment_not_allowed: 1,002 rows (100.0%), 'RES' (" in result.output
    assert "ignored columns: shoe_size" in result.output
    assert "signed_up_on_type: 1,002 rows (100.0%), '" in result.output
    (missing,) = [line for line in result.output.splitlines() if "raw_contacts:" in line]
    assert missing.startswith("raw_contacts: not accepted, File not found: ")
    assert missing.endswith("conf/base/catalog/raw.yml.")
    assert result.output.partition("`...` or `or`:\n\n")[2].partition("\nError")[0] == (
        "raw_customers:\n"
        "  columns: {customer_id: CustomerID, signed_up_on: signedUpOn, region: REGION}\n"
        "  cast:\n"
        "    signed_up_on: {format: '%d.%m.%Y'}\n"
        "  values:\n"
        "    segment: {RES: '...', BUS: business}"
    )
    assert "2 of 2 tables do not satisfy their contracts: raw_customers, raw_contacts." in (
        result.output
    )


def test_absent_tables_are_left_out(project: ProjectCopy) -> None:
    project.edit("conf/base/globals.yml", "absent_tables: []", "absent_tables: [contacts]")
    project.edit("conf/base/catalog/raw.yml", "01_raw/contacts", "01_raw/nothing")
    for command in ("check", "show"):
        result = call(project, command, "--env", "test")
        assert result.exit_code == ExitCode.DONE, result.output
        assert "globals.yml names them: ['raw_contacts']." in result.output
        assert "\nraw_contacts:" not in result.output


def test_values_that_rules_blank_are_added_up_by_column(project: ProjectCopy) -> None:
    """Neither rule alone blanks too many ratings; both together do."""
    contacts = ibis.duckdb.connect().read_parquet(f"{RAW}/contacts/*.parquet").to_pandas()
    rated = contacts.index[contacts["satisfaction"].notna()]
    few = round(len(rated) * 0.015)  # of at most 0.02
    contacts.loc[rated[:few], "satisfaction"] = 9
    contacts.loc[rated[few : 2 * few], "satisfaction"] = 0
    contacts.to_parquet("contacts.parquet")
    project.edit(
        "conf/base/catalog/raw.yml",
        "filepath: ${globals:data}/01_raw/contacts",
        "filepath: contacts.parquet",
    )
    result = call(project, "check", "raw_contacts", "--env", "test")
    assert f"not accepted, {2 * few} values of satisfaction would be blanked" in result.output
    assert f"satisfaction_too_large: {few} rows" in result.output


def test_suggested_keys_repeat_what_the_entry_has(delivered_otherwise: ProjectCopy) -> None:
    columns = "columns: {customer_id: CustomerID, signed_up_on: signedUpOn, region: REGION}"
    values = "values: {segment: {BUS: business}, age_band: {60+: 60+}}"
    delivered_otherwise.edit(
        "conf/base/catalog/raw.yml",
        "filepath: customers.csv",
        f"filepath: customers.csv\n  {columns}\n  {values}",
    )
    result = call(delivered_otherwise, "check", "raw_customers", "--env", "test")
    assert result.output.partition("`...` or `or`:\n\n")[2].partition("\nError")[0] == (
        "raw_customers:\n"
        "  cast:\n"
        "    signed_up_on: {format: '%d.%m.%Y'}\n"
        "  values:\n"
        "    segment: {BUS: business, RES: '...'}\n"
        "    age_band: {60+: 60+, 30-44: 30-44, 45-59: 45-59, 18-29: 18-29}"
    )


def write_invoices(project: ProjectCopy, text: str, keys: str = "") -> Result:
    """Deliver a CSV of invoices with further keys in its catalog entry, and check it."""
    (project.path / "invoices.csv").write_text(text)
    place = "filepath: ${globals:data}/01_raw/invoices"
    entry = f"filepath: invoices.csv\n  file_format: csv{keys}"
    raw = project.path / "conf/base/catalog/raw.yml"
    if place in raw.read_text():
        project.edit("conf/base/catalog/raw.yml", place, entry)
    return call(project, "check", "raw_invoices", "--env", "test")


def test_a_table_of_which_no_column_is_known_is_refused(project: ProjectCopy) -> None:
    result = write_invoices(project, "foo,bar\n1,2\n")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "not accepted, missing columns ['invoice_id', 'customer_id', 'issued_on'" in (
        result.output
    )
    assert "columns: {" in result.output


def test_a_notation_is_found_in_rare_values_and_keeps_what_the_entry_has(
    project: ProjectCopy,
) -> None:
    rows = [f"{n};C;01.{n % 12 + 1:02}.2024;25.12.2024;unbezahlt;{n % 150},50" for n in range(300)]
    rows += ["999;C;01.02.2024;25.12.2024;26.12.2024;1.201,50"]
    header = "invoice_id;customer_id;issued_on;due_on;paid_on;amount"
    keys = "\n  cast: {paid_on: {missing: [unbezahlt]}}"
    result = write_invoices(project, "\n".join([header, *rows]), keys)
    printed = yaml.safe_load(result.output.partition("`or`:\n\n")[2].partition("\nError")[0])
    assert printed["raw_invoices"]["cast"] == {
        "paid_on": {"missing": ["unbezahlt"], "format": "%d.%m.%Y"},
        "issued_on": {"format": "%d.%m.%Y"},
        "due_on": {"format": "%d.%m.%Y"},
        "amount": {"decimal": ",", "thousands": "."},
    }
    assert "&id" not in result.output


def test_an_invalid_entry_is_named(project: ProjectCopy) -> None:
    result = write_invoices(project, "a\n1\n", "\n  cast: {paid_on: {format: '%d.%m'}}")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "not accepted, Invalid cast of " in result.output
    assert "format '%d.%m': expected one directive each for year, month and day" in result.output


def test_an_unknown_table_is_refused_by_name(finished: ProjectCopy) -> None:
    result = call(finished, "check", "raw_roaming")
    assert result.exit_code == ExitCode.WRONG_CALL
    assert "Unknown table 'raw_roaming'. Expected one of ['raw_cancellations', " in result.output


def test_show_lists_needed_and_further_columns(
    delivered_otherwise: ProjectCopy,
) -> None:
    result = call(delivered_otherwise, "show", "raw_customers", "--env", "test")
    assert result.exit_code == ExitCode.DONE
    assert "one_of ['18-29', '30-44', '45-59', '60+']" in result.output
    further = (
        "Columns that the contract does not list: CustomerID, signedUpOn, REGION, shoe_size. They "
    )
    assert further + "are ignored." in result.output


@pytest.mark.slow
def test_without_a_command_all_raw_tables_are_shown(finished: ProjectCopy) -> None:
    result = call(finished)
    assert result.output.count("key ['") == 6
    assert "File not found: " in result.output


def load_draft(result: Result) -> ModuleType:
    assert result.exit_code == ExitCode.DONE, result.output
    module = ModuleType("draft")
    exec(result.output, module.__dict__)
    return module


@pytest.mark.parametrize("table", ["customers", "subscriptions", "usage", "invoices"])
def test_a_drafted_contract_accepts_its_parquet_file(finished: ProjectCopy, table: str) -> None:
    raw = ibis.duckdb.connect().read_parquet(f"{RAW}/{table}/*.parquet")
    draft = load_draft(call(finished, "infer", f"{RAW}/{table}"))
    trusted, delivered = (getattr(draft, f"{kind}{table.title()}") for kind in ("", "Raw"))
    delivered.validate(raw)
    assert not count_broken(raw, trusted)
    personal = set(column_types(delivered)) - set(column_types(trusted))
    assert personal == (set(IDENTIFIERS) if table == "customers" else set())


def count_broken(raw: ibis.Table, contract: Any) -> dict[str, int]:
    typed = type_rows(raw, contract, "Europe/London")
    rules = list_rules(typed, contract)
    (counts,) = (
        typed.agg(**{name: rule.sum() for name, rule in rules.items()}).to_pyarrow().to_pylist()
    )
    return {name: rows for name, rows in counts.items() if rows}


CSV = """customerID,Class,Fee EUR,order,note,paid on,import
007,gold,1.5,1,,2024-01-31,true
008,silver,,2,x,2024-02-29,false
"""


def test_a_drafted_contract_accepts_its_csv_file_with_any_names(
    finished: ProjectCopy, tmp_path: Path
) -> None:
    header, *rows = CSV.splitlines()
    file = tmp_path / "bills.csv"
    file.write_text(
        "\n".join([header, *(row.replace("00", f"{n:03}") for n in range(20) for row in rows)])
    )
    result = call(finished, "infer", str(file))
    draft = load_draft(result)
    columns = "customer_id: customerID, class_value: Class, fee_eur: Fee EUR, paid_on: paid on"
    assert f"#   columns: {{{columns}, import_value: import}}" in result.output
    assert 'class_value: str = pa.Field(isin=["gold", "silver"])' in result.output
    assert "# found 1.5 to 1.5, empty in 20 of 40 rows\n    fee_eur: float" in result.output
    names = {"customer_id": "customerID", "class_value": "Class", "fee_eur": "Fee EUR"}
    names |= {"paid_on": "paid on", "import_value": "import"}
    texts = ibis.duckdb.connect().read_csv(file, all_varchar=True).rename(names)
    draft.RawBills.validate(texts)
    assert draft.Bills.to_schema().unique == ["customer_id"]
    assert not count_broken(texts, draft.Bills)


def test_a_draft_describes_how_a_file_writes_dates_and_numbers(
    finished: ProjectCopy, tmp_path: Path
) -> None:
    rows = "".join(f"{day};{day}.02.2024;1.0{day},50;;Köln\n" for day in range(10, 29))
    file = tmp_path / "bills.csv"
    file.write_bytes(f"bill_id;day;amount;none;region\n{rows}".encode("cp1252"))
    result = call(finished, "infer", str(file))
    assert "amount: float" in result.output
    assert "none: str = pa.Field(nullable=True)" in result.output
    notation = "amount: {decimal: ',', thousands: .}"
    assert f"cast:\n#     day: {{format: '%d.%m.%Y'}}\n#     {notation}" in result.output
    assert 'region: str = pa.Field(isin=["Köln"])' in result.output


def test_a_file_without_rows_or_of_another_kind_is_refused(
    finished: ProjectCopy, tmp_path: Path
) -> None:
    for name, code in (("empty.csv", ExitCode.INVALID_INPUT), ("a.docx", ExitCode.WRONG_CALL)):
        (tmp_path / name).write_text("a,b\n")
        result = call(finished, "infer", str(tmp_path / name))
        assert result.exit_code == code
        assert len(result.output.splitlines()) == 1


@pytest.mark.slow
def test_diff_compares_commits_with_each_other_and_with_the_working_tree(tmp_path: Path) -> None:
    for name in ("src", "conf"):
        shutil.copytree(PROJECT / name, tmp_path / name)
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(PROJECT / name, tmp_path)
    commit(tmp_path, "init")
    commit(tmp_path, "add", ".")
    commit(tmp_path, "commit", "-m", "first")
    contracts = tmp_path / "src/telco_churn/contracts/operator_tables.py"
    text = contracts.read_text()
    contracts.write_text(text.replace('"mobile", "dsl"', '"mobile", "satellite"'))
    done = diff(tmp_path, "HEAD")
    assert done.returncode == ExitCode.INVALID_INPUT, done.stderr
    old, new = "['mobile', 'dsl', 'cable', 'fibre']", "['mobile', 'satellite', 'cable', 'fibre']"
    assert f"raw_subscriptions, subscriptions: technology one_of {old} -> {new}" in done.stdout
    commit(tmp_path, "commit", "-am", "second")
    contracts.write_text("not Python")  # two commits are compared whatever the working tree has
    commit(tmp_path, "stash")
    assert diff(tmp_path, "HEAD~1", "HEAD").returncode == ExitCode.INVALID_INPUT
    unknown = diff(tmp_path, "no-such-branch")
    assert unknown.returncode == ExitCode.WRONG_CALL
    assert "no-such-branch" in unknown.stderr.splitlines()[-1]


def commit(project: Path, *arguments: str) -> None:
    person = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *person, *arguments], cwd=project, check=True, capture_output=True)


def diff(project: Path, *revisions: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kedro", "contracts", "diff", *revisions]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
