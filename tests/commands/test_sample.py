"""`kedro sample` writes whole customers to an environment of its own, or nothing."""

import random
import re
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from os import utime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner, Result
from kedro.framework.startup import bootstrap_project

from kedro_asof.datasets.monthly_files import read_log
from kedro_asof.errors import ExitCode, WrongCallError
from kedro_asof.sampling.environment import SampleEnvironment
from telco_churn.contracts.operator_tables import IDENTIFIERS
from tests.conftest import ProjectCopy, read_primary
from tests.kedro_asof.fixtures import git

TABLES = ("customers", "subscriptions", "usage", "invoices", "contacts", "cancellations")
ID = "customer_id"
RAW = "conf/base/catalog/raw.yml"
INGESTION = "conf/base/parameters/ingestion.yml"


def sample(project: ProjectCopy, *arguments: str, from_env: str = "test") -> Result:
    bootstrap_project(project.path)
    from telco_churn.commands.sample import sample as command  # noqa: PLC0415

    asked = ["--customers", "200", "--from-env", from_env, *arguments]
    return CliRunner().invoke(command, asked)


def read(data: Path, table: str) -> pa.Table:
    return pq.read_table(data / "01_raw" / table)


def read_drawn(project: ProjectCopy, env: str = "sample") -> set[str]:
    return set(read(project.path / "data" / env, "customers")[ID].to_pylist())


def sort_rows(rows: pa.Table) -> pa.Table:
    names = sorted(rows.column_names)
    return rows.select(names).sort_by([(name, "ascending") for name in names])


def test_a_sample_has_all_rows_of_its_customers_and_no_others(project: ProjectCopy) -> None:
    result = sample(project)
    assert result.exit_code == 0, result.output
    drawn = read_drawn(project)
    assert len(drawn) == 200
    for table in TABLES:
        raw, cut = read(project.data, table), read(project.path / "data" / "sample", table)
        expected = raw.filter(pc.is_in(raw[ID], pa.array(sorted(drawn))))
        shown = [name for name in raw.column_names if name not in IDENTIFIERS]
        assert sort_rows(cut.select(shown)) == sort_rows(expected.select(shown)), table


def test_rows_of_unknown_customers_and_churners_are_counted(project: ProjectCopy) -> None:
    output = sample(project).output
    customers = set(read(project.data, "customers")[ID].to_pylist())
    for table in TABLES:
        ids = read(project.data, table)[ID].to_pylist()
        unknown = sum(each not in customers for each in ids)
        (line,) = [line for line in output.splitlines() if f"│ raw_{table} " in line]
        assert [cell.strip() for cell in line.split("│")][2:4] == [f"{len(ids):,}", f"{unknown:,}"]
    cancelled = set(read(project.data, "cancellations")[ID].to_pylist()) & customers
    drawn = len(cancelled & read_drawn(project))
    shares = f"{drawn} have a cancellation, {drawn / 200:.1%}; of all customers, "
    assert f"Drew 200 of 1,000 customers with seed 1: {shares}" in output
    assert f"{len(cancelled) / 1000:.1%} have one." in output


def test_direct_identifiers_are_artificial_unless_they_are_asked_for(project: ProjectCopy) -> None:
    file = next((project.data / "01_raw" / "customers").glob("*.parquet"))
    rows = pq.read_table(file)
    pq.write_table(
        rows.append_column("iban", pa.array(["DE02120300000000202051"] * len(rows))), file
    )
    for part in (project.data / "01_raw" / "customers").glob("*.parquet"):
        if part != file:
            part.unlink()
    assert "Left out of raw_customers, not in its contract: iban." in sample(project).output
    hidden = read(project.path / "data" / "sample", "customers")
    assert "iban" not in hidden.column_names
    assert {name: set(hidden[name].to_pylist()) for name in IDENTIFIERS} == {
        name: {None if name == "date_of_birth" else "removed"} for name in IDENTIFIERS
    }
    assert sample(project, "--keep-identifiers", "--to-env", "whole").exit_code == 0
    whole = read(project.path / "data" / "whole", "customers").to_pylist()
    assert {row["email"] for row in whole} <= set(rows["email"].to_pylist())
    assert {row["iban"] for row in whole} == {"DE02120300000000202051"}


def test_a_minimum_of_churners_is_drawn(project: ProjectCopy) -> None:
    assert sample(project, "--min-churners", "150").exit_code == 0
    cancelled = set(read(project.data, "cancellations")[ID].to_pylist())
    assert len(cancelled & read_drawn(project)) == 150
    output = sample(project, "--min-churners", "900", "-n", "900", "--to-env", "most").output
    assert "There are fewer than 900 customers with a cancellation: the sample has all" in output


def test_a_sample_of_all_customers_shows_that_there_are_fewer(project: ProjectCopy) -> None:
    result = sample(project, "--customers", "5000")
    assert result.exit_code == 0, result.output
    assert "There are fewer than 5,000 customers: the sample has all of them." in result.output
    assert len(read_drawn(project)) == 1000


@pytest.mark.slow
def test_a_run_on_the_sample_gives_the_tables_and_features_of_its_customers(
    project: ProjectCopy,
) -> None:
    assert sample(project, "--customers", "300").exit_code == 0
    result = project.run(env="sample")
    assert result.exit_code == 0, result.output
    drawn, data = pa.array(sorted(read_drawn(project))), project.path / "data" / "sample"
    for table in TABLES:
        kept = read_primary(project.data, table)
        kept = kept.filter(pc.is_in(kept[ID], drawn))
        assert sort_rows(read_primary(data, table)) == sort_rows(kept), table
    features = [
        pd.read_parquet(place / "04_feature/customer_features/as_of=2026-09-28/features.parquet")
        for place in (project.data, data)
    ]
    whole, part = (each.set_index(ID).sort_index() for each in features)
    pd.testing.assert_frame_equal(part, whole.loc[part.index], rtol=1e-9)


def test_a_sample_is_replaced_only_when_asked(project: ProjectCopy) -> None:
    assert sample(project).exit_code == 0
    first, data = read_drawn(project), project.path / "data" / "sample"
    (data / "08_reporting").mkdir()
    refused = sample(project, "--seed", "2")
    assert refused.exit_code == ExitCode.WRONG_CALL
    assert "has a sample. Add --overwrite" in refused.output
    assert read_drawn(project) == first
    assert sample(project, "--seed", "2", "--overwrite").exit_code == 0
    assert read_drawn(project) != first
    assert not (data / "08_reporting").exists()
    assert yaml.safe_load((project.path / "conf/sample/sample.yml").read_text())["seed"] == 2


def test_git_ignores_the_configuration_under_any_name_and_while_it_is_written(
    tmp_path: Path,
) -> None:
    git(tmp_path, "init")
    with SampleEnvironment("tiny", tmp_path).replace(overwrite=False) as (conf, _):
        (conf / "globals.yml").touch()
        assert "conf/" not in git(tmp_path, "status", "--porcelain", "-uall")
    assert (tmp_path / "conf/tiny/globals.yml").exists()
    assert "conf/" not in git(tmp_path, "status", "--porcelain", "-uall")


def test_a_folder_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    environment, other = SampleEnvironment("tiny", tmp_path), tmp_path / "conf/tiny/globals.yml"
    with ExitStack() as stack:
        stack.enter_context(environment.replace(overwrite=True))
        other.parent.mkdir(parents=True)
        other.touch()
        with pytest.raises(WrongCallError, match="is not a sample"):
            stack.close()
    assert other.exists()
    assert not environment.data.exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--to-env", "schemas"), "Invalid environment 'schemas'"),
        (("--to-env", "production"), "is not a sample: it is never overwritten"),
        (("--to-env", "base"), "Invalid environment 'base'"),
        (("--to-env", "../x"), "Invalid environment '../x'"),
        (("--from-env", "bse"), "Did you mean 'base'?"),
        (("--from-env", "test", "--to-env", "test"), "is not a sample"),
    ],
)
def test_an_unfit_environment_is_refused(
    arguments: tuple[str, ...], expected: str, project: ProjectCopy
) -> None:
    before = project.snapshot()
    refused = sample(project, "--overwrite", *arguments)
    assert refused.exit_code == ExitCode.WRONG_CALL
    assert expected in refused.output.replace("\n", " ")
    assert project.snapshot() == before


def test_a_table_without_the_customer_is_named_and_nothing_is_written(project: ProjectCopy) -> None:
    for file in (project.data / "01_raw" / "invoices").glob("*.parquet"):
        rows = pq.read_table(file)
        pq.write_table(
            rows.rename_columns(["account" if n == ID else n for n in rows.column_names]), file
        )
    before = project.snapshot()
    result = sample(project)
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert "raw_invoices" in result.output
    assert "missing ['customer_id']" in result.output
    assert project.snapshot() == before
    assert not (project.path / "conf" / "sample").exists()


def test_a_sample_without_rows_of_a_table_is_refused(project: ProjectCopy) -> None:
    result = sample(project, "--customers", "1", "--min-churners", "0", "--seed", "4")
    assert result.exit_code == ExitCode.INVALID_INPUT
    assert re.search("No row of raw_.* belongs to one of the 1 customers", result.output)


@pytest.mark.slow
def test_columns_and_values_of_the_operator_become_those_of_the_project(
    project: ProjectCopy,
) -> None:
    raw = project.data / "01_raw" / "customers"
    customers = duckdb.read_parquet(f"{raw}/*.parquet").project(
        "* exclude (customer_id, segment), customer_id as Kunde, "
        "case segment when 'consumer' then 'RES' else 'COM' end as segment"
    )
    customers.write_csv("kunden.csv", sep=";")
    place = "filepath: kunden.csv\n  file_format: csv\n  columns: {customer_id: Kunde}"
    place += "\n  values: {segment: {RES: consumer, COM: business}}"
    project.edit(RAW, "filepath: ${globals:data}/01_raw/customers", place)
    result = sample(project)
    assert result.exit_code == 0, result.output
    cut = read(project.path / "data" / "sample", "customers")
    assert set(cut["segment"].to_pylist()) == {"consumer", "business"}
    assert (
        cut["signed_up_on"].type == pa.string()
    )  # ingestion casts it, as in the other environment
    result = project.run("--pipelines", "ingestion", env="sample")
    assert result.exit_code == 0, result.output


def test_rows_that_count_from_their_delivery_keep_its_time(project: ProjectCopy) -> None:
    contract = "contract: telco_churn.contracts.Contacts\n"
    project.edit(INGESTION, contract, f"{contract}      loaded_at: delivery\n")
    delivered, log = (
        datetime(2026, 9, 1, 12, tzinfo=UTC),
        read_log(project.data / "03_primary" / "contacts"),
    )
    for file in (project.data / "01_raw" / "contacts").glob("*.parquet"):
        utime(file, (delivered.timestamp(),) * 2)
    assert sample(project).exit_code == 0
    logged = {datetime.fromisoformat(each.delivered_at) for each in log.deliveries.values()}
    cut = read(project.path / "data" / "sample", "contacts")
    assert set(cut["loaded_at"].to_pylist()) == logged != {delivered}
    shutil.rmtree(project.data / "03_primary" / "contacts")  # never ingested
    assert sample(project, "--overwrite").exit_code == 0
    cut = read(project.path / "data" / "sample", "contacts")
    assert set(cut["loaded_at"].to_pylist()) == {delivered}


def test_withdrawn_files_stay_out_unless_they_have_other_content(project: ProjectCopy) -> None:
    file = "contacts/part-00001.parquet"
    call = ("--pipelines", "ingestion", "--params", f"ingestion.withdraw=[{file}]")
    assert project.run(*call).exit_code == 0
    raw = project.data / "01_raw" / file
    gone, key = pq.read_table(raw), "contact_id"
    result = sample(project)
    assert f"Left out 1 withdrawn files: {file}." in result.output.replace("\n", " ")
    kept = read(project.path / "data" / "sample", "contacts")
    assert not set(gone[key].to_pylist()) & set(kept[key].to_pylist())
    pq.write_table(gone.slice(1), raw)
    assert "withdrawn" not in sample(project, "--overwrite").output


@pytest.mark.slow
def test_own_tables_are_cut_by_customer_and_those_of_no_customer_are_whole(
    project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.path / "own_contracts.py").write_text(OWN_CONTRACTS)
    monkeypatch.syspath_prepend(project.path)
    (project.path / "conf/test/catalog").mkdir()
    (project.path / "conf/test/catalog/own.yml").write_text(OWN_CATALOG)
    (project.path / "conf/test/parameters/ingestion.yml").write_text(OWN_PARAMETERS)
    raw, known = (
        project.data / "01_raw",
        sorted(read(project.data, "customers")[ID].unique().to_pylist()),
    )
    ids = [*known, *known, "stranger", None]
    pq.write_table(pa.table({ID: ids, "minutes": range(len(ids))}), raw / "roaming.parquet")
    pq.write_table(
        pa.table({"plan": ["S", "M", "L"], "price": [1.0, 2.0, 3.0]}), raw / "plans.parquet"
    )
    result = sample(project)
    assert result.exit_code == 0, result.output
    assert "raw_plans has no column customer_id: all its rows are in the sample." in result.output
    data, drawn = project.path / "data" / "sample", read_drawn(project)
    assert sorted(read(data, "roaming")[ID].to_pylist()) == sorted([*drawn, *drawn])
    assert len(read(data, "plans")) == 3
    (line,) = [line for line in result.output.splitlines() if "│ raw_roaming " in line]
    assert [cell.strip() for cell in line.split("│")][2:4] == [f"{len(ids):,}", "2"]
    result = project.run("--pipelines", "ingestion", env="sample")
    assert result.exit_code == 0, result.output
    assert len(read_primary(data, "roaming")) == 400


@pytest.mark.slow
@pytest.mark.xdist_group("spark")
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java, none is on PATH")
def test_spark_draws_the_same_sample(project: ProjectCopy) -> None:
    assert sample(project).exit_code == 0
    with (project.path / "conf/spark/globals.yml").open("a") as file:
        file.write("data: data/test\n")
    command = ["kedro", "sample", "--from-env", "spark", "--to-env", "other", "--customers", "200"]
    subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True)
    for table in TABLES:
        ours, theirs = (read(project.path / "data" / env, table) for env in ("sample", "other"))
        assert sort_rows(theirs).to_pylist() == sort_rows(ours).to_pylist(), table


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_a_whole_sample_or_none(project: ProjectCopy) -> None:
    command = [sys.executable, "-m", "kedro", "sample", "--from-env", "test", "--overwrite"]
    run = _start_writing(project, command)
    began, chance, outcomes = time.monotonic(), random.Random(3), []
    assert run.wait() == 0
    seconds = time.monotonic() - began
    for seed in range(2, 10):
        none_before = seed % 3 == 0
        if none_before:
            shutil.rmtree(project.path / "conf/sample", ignore_errors=True)
            shutil.rmtree(project.path / "data/sample", ignore_errors=True)
        run = _start_writing(project, [*command, "--seed", str(seed), "-n", "200"])
        time.sleep(0 if none_before else chance.uniform(0, seconds))
        run.kill()
        run.wait()
        facts = [project.path / folder / "sample/sample.yml" for folder in ("conf", "data")]
        outcomes.append(facts[0].exists())
        if facts[0].exists():
            assert facts[0].read_text() == facts[1].read_text()
            drawn = read_drawn(project)
            assert {*read(project.path / "data/sample", "usage")[ID].to_pylist()} <= drawn
    subprocess.run([*command, "-n", "100"], check=True, capture_output=True)
    assert len(read_drawn(project)) == 100
    assert not [*project.path.glob("*/.sample.partial-*")]
    assert set(outcomes) == {True, False}


def _start_writing(project: ProjectCopy, command: list[str]) -> "subprocess.Popen[bytes]":
    """Start a command, and return once it writes."""
    left = {*project.path.glob("data/.sample.partial-*")}
    run = subprocess.Popen(command)
    while run.poll() is None and {*project.path.glob("data/.sample.partial-*")} <= left:
        time.sleep(0.01)
    return run


OWN_CONTRACTS = '''
import pandera.ibis as pa

from kedro_asof.contracts.contract import DeliveredTable, TableContract


class Roaming(TableContract):
    customer_id: str
    minutes: int

    class Config:
        unique = ["customer_id", "minutes"]


class RawRoaming(DeliveredTable, Roaming):
    """As delivered."""


class Plans(TableContract):
    plan: str
    price: float

    class Config:
        unique = ["plan"]


class RawPlans(DeliveredTable, Plans):
    """As delivered."""
'''
OWN_PARAMETERS = """
ingestion:
  max_rejected_fraction: 1
  tables:
    roaming: {contract: own_contracts.Roaming}
    plans: {contract: own_contracts.Plans, belongs_to_customer: false}
"""
OWN_CATALOG = """
raw_roaming: &table
  type: kedro_asof.datasets.engine_table.EngineTable
  filepath: ${globals:data}/01_raw/roaming.parquet
  connection: ${globals:engine}
  validator: {class: own_contracts.RawRoaming, on: [load]}
raw_plans:
  <<: *table
  filepath: ${globals:data}/01_raw/plans.parquet
  validator: {class: own_contracts.RawPlans, on: [load]}
roaming:
  <<: *table
  filepath: ${globals:data}/03_primary/roaming.parquet
  validator: {class: own_contracts.Roaming, on: [load]}
plans:
  <<: *table
  filepath: ${globals:data}/03_primary/plans.parquet
  validator: {class: own_contracts.Plans, on: [load]}
"""
