"""`kedro contracts`: show, check, draft and compare the contracts of tables."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
from kedro.io import DataCatalog, DatasetError
from kedro.utils import find_kedro_project

from kedro_asof.contracts.compare import Change, compare_contracts, list_rules
from kedro_asof.contracts.contract import DeclaredTable, DeliveredTable
from kedro_asof.contracts.describe import describe_catalog, describe_schema, read_commit
from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.contracts.suggestions import write_yaml
from kedro_asof.errors import BrokenContractError, InputError, WrongCallError
from kedro_asof.project import open_session, show_table
from telco_churn.commands.check_delivery import Delivery, Fault, check_delivery
from telco_churn.commands.draft_contract import draft_contract
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.parameters.ingestion import IngestionParams

SHOWN_VALUES = 3

environment = click.option("--env", "-e", default=None, help="Configuration environment.")


@click.group(invoke_without_command=True)
@click.pass_context
def contracts(context: click.Context) -> None:
    """Show, check, draft and compare the contracts of tables.

    Without a command, it shows the contracts of all raw tables.
    """
    if context.invoked_subcommand is None:
        context.invoke(show, table=None, env=None)


@contracts.command()
@click.argument("table", required=False)
@environment
@explain_errors
def show(table: str | None, env: str | None) -> None:
    """Show the columns that a raw table needs, and those that were delivered.

    Example: kedro contracts show raw_usage

    Without TABLE, it shows all raw tables of the catalog. It reads no rows.
    """
    with open_session(env) as session:
        catalog = cast(DataCatalog, session.load_context().catalog)
        for name in _choose(catalog, [table] if table else []):
            _show_contract(catalog, name)


@contracts.command()
@click.argument("tables", nargs=-1)
@environment
@explain_errors
def check(tables: tuple[str, ...], env: str | None) -> None:
    """Check whether delivered tables satisfy their contracts, before anything runs.

    Example: kedro contracts check raw_customers raw_usage

    Without TABLES, it checks all raw tables of the catalog. It counts the rows that break a rule or
    repeat a key, as ingestion would, shows the values, and prints the lines of YAML that would mend
    the catalog entry. Rows of unknown customers are found by ingestion alone.

    Exit codes: 0, a run accepts all tables, although single rows may be rejected; 65, a table is
    missing, lacks columns, or has more invalid rows or values than conf/base/parameters/
    ingestion.yml allows.
    """
    with open_session(env) as session:
        context = session.load_context()
        limits = IngestionParams.model_validate(context.params["ingestion"])
        catalog = cast(DataCatalog, context.catalog)
        deliveries = []
        for name in _choose(catalog, tables):
            deliveries.append(check_delivery(catalog, name, limits))
            for line in _describe_delivery(deliveries[-1]):
                click.echo(line)
    if keys := {each.table: each.keys for each in deliveries if each.keys}:
        click.echo("\nAdd these keys to the catalog entries; replace each `...` and each `or`:\n")
        click.echo("\n".join(write_yaml(keys)))
    if refused := [each.table for each in deliveries if not each.is_accepted]:
        raise BrokenContractError(
            f"{len(refused)} of {len(deliveries)} tables do not satisfy their contracts: "
            f"{', '.join(refused)}. Change their catalog entries, deliver them again, or change "
            "their contracts."
        )


@contracts.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option("--name", help="Name of the table. Default: the name of the file.")
@explain_errors
def infer(file: Path, name: str | None) -> None:
    """Draft a contract and a catalog entry from a CSV or Parquet file.

    Example: kedro contracts infer roaming.csv > src/telco_churn/contracts/roaming.py

    The draft accepts the file. It has types, columns that may be empty, a key, allowed values and
    bounds, each with what the file has, and marks direct identifiers. Correct it: a file shows what
    occurred, not what may occur.
    """
    click.echo(draft_contract(file, name or file.name.partition(".")[0]))


@contracts.command()
@click.argument("revision", metavar="REV")
@click.argument("revision2", metavar="[REV2]", required=False)
@explain_errors
def diff(revision: str, revision2: str | None) -> None:
    """Compare the contracts of two git commits; REV2 is the working tree by default.

    Example: kedro contracts diff main

    Breaking: a removed, renamed or retyped column, a new required column, a column that may no
    longer be empty, a new or narrower rule, fewer allowed values, another key, changed metadata
    such as known_from, a removed contract. All other changes are harmless.

    Exit codes: 0, no breaking change; 65, at least one; 2, git or Python cannot read a commit.
    """
    project = find_kedro_project(Path.cwd()) or Path.cwd()
    old = _read_commit(project, revision)
    new = _read_commit(project, revision2) if revision2 else describe_catalog(project)
    changes = compare_contracts(old, new)
    between = f"between {revision} and {revision2 or 'the working tree'}"
    for title, is_breaking in (("Breaking", True), ("Harmless", False)):
        if lines := _group([each for each in changes if each.is_breaking == is_breaking]):
            click.echo("\n".join([f"{title}:", *lines]))
    breaking = sum(each.is_breaking for each in changes)
    if breaking:
        raise InputError(
            f"{breaking} breaking changes of contracts {between}. Undo them, or tell those who "
            "deliver or read the tables, and list them in CHANGELOG.md."
        )
    click.echo(f"No breaking changes of contracts {between}.")


def _read_commit(project: Path, revision: str) -> dict[str, dict[str, object]]:
    try:
        return read_commit(project, revision)
    except ValueError as error:
        raise WrongCallError(
            f"Cannot read the contracts of {revision!r}: {error}. Name a commit, branch or tag "
            "of this project that has contracts."
        ) from error


def _group(changes: list[Change]) -> list[str]:
    """Return one line per change, with all tables that have it: a raw and a primary table often do."""
    tables: dict[str, list[str]] = {}
    for change in changes:
        tables.setdefault(change.text, []).append(change.table)
    return [f"  {', '.join(names)}: {text}" for text, names in tables.items()]


def _choose(catalog: DataCatalog, wanted: list[str] | tuple[str, ...]) -> list[str]:
    """Return the named tables, or all that others deliver.

    Raises:
        WrongCallError: When a table has no contract that an engine checks.
    """
    found = find_contracts(catalog, catalog.validator_specs)
    delivered = [name for name, contract in found.items() if _is_delivered(contract)]
    unknown = [
        name for name in wanted if name not in found or not hasattr(found[name], "to_schema")
    ]
    if unknown:
        raise WrongCallError(
            f"No contract found for {', '.join(unknown)}: the raw tables of the catalog are "
            f"{', '.join(delivered)}. Correct the name, or add `validator` to its catalog entry."
        )
    return list(wanted) or delivered


def _is_delivered(contract: object) -> bool:
    is_raw = isinstance(contract, type) and issubclass(contract, DeliveredTable)
    return is_raw or isinstance(contract, DeclaredTable)


def _show_contract(catalog: DataCatalog, table: str) -> None:
    contract = describe_schema(find_contracts(catalog, [table])[table].to_schema())
    try:
        found = {name: str(kind) for name, kind in catalog.get(table).load().schema().items()}
        problem = ""
    except DatasetError as error:
        found, problem = {}, str(error)
    click.echo(f"{table}: {catalog.validator_specs[table].class_path}, key {contract['key']}")
    rows = [
        [
            name,
            column["type"],
            ("" if column["required"] else "optional column; ")
            + ("may be empty" if column["nullable"] else "never empty"),
            ", ".join(list_rules(column["checks"])),
            found.get(name, "missing" if column["required"] else ""),
        ]
        for name, column in contract["columns"].items()
    ]
    show_table(["column", "type", "empty", "allowed", "delivered as"], rows)
    if problem:
        click.echo(problem)
    extra = [name for name in found if name not in contract["columns"]]
    if extra:
        effect = "A run stops at them" if contract["strict"] else "They are ignored"
        click.echo(f"Further columns: {', '.join(extra)}. {effect}.")
    click.echo()


def _describe_delivery(delivery: Delivery) -> Iterator[str]:
    if not delivery.rows:
        yield f"{delivery.table}: not accepted. {delivery.problem}"
        return
    state = "ok" if delivery.is_accepted else "not accepted"
    yield f"{delivery.table}: {state}, {delivery.rows:,} rows"
    if delivery.problem:
        yield f"  {delivery.problem}"
    for fault in delivery.faults:
        yield f"  {_describe_fault(fault, delivery.rows)}"
    if delivery.repeated:
        yield f"  repeated_key: {delivery.repeated:,} rows with the key of another, kept row"
    if delivery.identical:
        yield f"  {delivery.identical:,} rows equal to another row; ingestion keeps one of each"


def _describe_fault(fault: Fault, rows: int) -> str:
    shown = [f"{value!r} ({count:,})" for value, count in list(fault.values.items())[:SHOWN_VALUES]]
    more = ", ..." if len(fault.values) > SHOWN_VALUES else ""
    examples = f": {', '.join(shown)}{more}" if shown else ""
    return f"{fault.rule}: {fault.rows:,} rows ({fault.rows / rows:.1%}){examples}"
