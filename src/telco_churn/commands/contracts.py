"""`kedro contracts`: show, check, draft and compare the contracts of tables."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, cast

import click
from kedro.framework.context import KedroContext
from kedro.io import DataCatalog, DatasetError

from kedro_asof.contracts.compare import compare_contracts
from kedro_asof.contracts.contract import DeclaredTable, DeliveredTable
from kedro_asof.contracts.describe import TABLE, describe_catalog, describe_schema, read_commit
from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.contracts.suggestions import write_entries
from kedro_asof.datasets.engine_table import EngineTable, list_types
from kedro_asof.errors import BrokenContractError, InputError, WrongCallError
from kedro_asof.params import Timezone
from kedro_asof.project import find_project, open_session
from kedro_asof.result_table import show_table
from kedro_asof.suggestions import describe_unknown
from telco_churn.commands.check_delivery import Delivery, check_delivery
from telco_churn.commands.draft_contract import draft_contract
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.parameters.ingestion import IngestionParams

SHOWN_VALUES = 3
HEADINGS = {True: "Breaking", False: "Harmless"}
OWN_COLUMNS = ("type", "nullable", "required")  # facts with a column of their own in the table

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

    Without TABLE, it shows all raw tables of the catalog but `absent_tables`. It reads no rows.
    """
    with open_session(env) as session:
        context = session.load_context()
        catalog = cast(DataCatalog, context.catalog)
        absent = _read_limits(context).absent
        for name in _choose_tables(catalog, (table,) if table else (), absent):
            _show_contract(catalog, name)


@contracts.command()
@click.argument("tables", metavar="[TABLE]...", nargs=-1)
@environment
@explain_errors
def check(tables: tuple[str, ...], env: str | None) -> None:
    """Check whether delivered tables satisfy their contracts, before anything runs.

    Example: kedro contracts check raw_customers raw_usage

    Without TABLE, it checks all raw tables of the catalog but `absent_tables`. It counts the rows
    that break a rule or repeat a key, as ingestion would, shows the values, and prints the keys
    that the catalog entry needs. Ingestion alone finds rows of unknown customers.

    Exit codes: 0, a run accepts all tables, although it may reject single rows; 65, a table is
    missing, lacks columns, or has more invalid rows or values than ingestion.yml allows.
    """
    with open_session(env) as session:
        context = session.load_context()
        limits = _read_limits(context)
        timezone = Timezone.model_validate(context.params["timezone"]).name
        catalog = cast(DataCatalog, context.catalog)
        deliveries = []
        for name in _choose_tables(catalog, tables, limits.absent):
            deliveries.append(check_delivery(catalog, name, limits, timezone))
            click.echo("\n  ".join(_describe_delivery(deliveries[-1])))
    if keys := {each.table: each.keys for each in deliveries if each.keys}:
        click.echo(
            "\nAdd these keys to the catalog entries, with one value for each `...` or `or`:\n"
        )
        click.echo(write_entries(keys))
    if refused := [each.table for each in deliveries if each.problems]:
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
    bounds, and marks direct identifiers. Correct it: a file shows what occurred, not what may
    occur.
    """
    click.echo(draft_contract(file, name or file.name.partition(".")[0]))


@contracts.command()
@click.argument("old", metavar="REV")
@click.argument("new", metavar="[REV2]", required=False)
@explain_errors
def diff(old: str, new: str | None) -> None:
    """Compare the contracts of two git commits; REV2 is the working tree by default.

    Example: kedro contracts diff main

    Breaking: a removed, renamed or retyped column, a new required column, a column that may no
    longer be empty, a new or narrower rule, fewer allowed values, another key, changed metadata
    such as known_from, a removed contract. All other changes are harmless.

    Exit codes: 0, no breaking change; 65, at least one; 2, git or Python cannot read a commit.
    """
    project = find_project()
    try:
        before = read_commit(project, old)
        after = read_commit(project, new) if new else describe_catalog(project)
    except ValueError as error:
        raise WrongCallError(
            f"Cannot read the contracts of a commit: {error}. Name commits, branches or tags with "
            "contracts."
        ) from error
    changes = list(compare_contracts(before, after))
    for is_breaking, heading in HEADINGS.items():
        lines = [text for text, breaks in changes if breaks == is_breaking]
        click.echo("\n  ".join([f"{heading} changes of contracts: {len(lines)}", *lines]))
    if any(is_breaking for _, is_breaking in changes):
        raise InputError(
            f"Contracts have breaking changes since {old}. Undo them, or list them in "
            "CHANGELOG.md for those who deliver or read the tables."
        )


def _read_limits(context: KedroContext) -> IngestionParams:
    return IngestionParams.model_validate(context.params["ingestion"])


def _choose_tables(
    catalog: DataCatalog, wanted: tuple[str, ...], absent: Collection[str]
) -> list[str]:
    """Return the named tables, or all that others deliver.

    Args:
        catalog: The catalog of the project.
        wanted: The named tables; empty for all.
        absent: The tables that the operator does not have; their names are printed.

    Raises:
        WrongCallError: When a table has no contract that an engine checks.
    """
    found = find_contracts(catalog, catalog.validator_specs)
    delivered = [name for name, contract in found.items() if _is_delivered(contract)]
    unknown = [name for name in wanted if not hasattr(found.get(name), "to_schema")]
    if unknown:
        described = describe_unknown("table", unknown[0], delivered)
        raise WrongCallError(
            f"{described} Correct the name, or add `validator` to its catalog entry."
        )
    if wanted:
        return list(wanted)
    left_out = [name for name in delivered if name.removeprefix("raw_") in absent]
    if left_out:
        click.echo(f"Left out, because absent_tables in globals.yml names them: {left_out}.")
    return [name for name in delivered if name not in left_out]


def _is_delivered(contract: object) -> bool:
    is_raw = isinstance(contract, type) and issubclass(contract, DeliveredTable)
    return is_raw or isinstance(contract, DeclaredTable)


def _show_contract(catalog: DataCatalog, table: str) -> None:
    needed = describe_schema(find_contracts(catalog, [table])[table].to_schema())
    facts, found, note = needed.pop(TABLE), {}, ""
    try:
        found = _list_columns(catalog[table])
        if extra := [name for name in found if name not in needed]:
            effect = "A run stops at them" if facts["strict"] else "They are ignored"
            note = f"Columns that the contract does not list: {', '.join(extra)}. {effect}."
    except DatasetError as error:
        note = str(error)
    click.echo(f"\n{table}: {catalog.validator_specs[table].class_path}, key {facts['key']}")
    rows = [
        [
            name,
            column["type"] + " or empty" * column["nullable"],
            ", ".join(f"{fact} {column[fact]}" for fact in column if fact not in OWN_COLUMNS),
            found.get(name, "missing" if column["required"] else "optional"),
        ]
        for name, column in needed.items()
    ]
    show_table(["column", "type", "rules", "delivered as"], rows)
    click.echo(note, nl=bool(note))


def _list_columns(dataset: Any) -> dict[str, str]:
    has_columns = isinstance(dataset, EngineTable)
    return dataset.list_columns() if has_columns else list_types(dataset.load())


def _describe_delivery(delivery: Delivery) -> list[str]:
    """Return the state of a table, then a line for each rule that rows break."""
    state = f"not accepted, {'; '.join(delivery.problems)}" if delivery.problems else "ok"
    lines = [f"{delivery.table}: {state}" + f", {delivery.rows:,} rows" * bool(delivery.rows)]
    for rule, rows in delivery.faults.items():
        values = list(delivery.values.get(rule, {}).items())
        examples = [f"{value!r} ({count:,})" for value, count in values[:SHOWN_VALUES]]
        shown = ", ".join(["", *examples, *["..."] * (len(values) > SHOWN_VALUES)])
        lines.append(f"{rule}: {rows:,} rows ({rows / delivery.rows:.1%}){shown}")
    if delivery.ignored:
        lines.append(f"ignored columns: {', '.join(delivery.ignored)}")
    if delivery.copies:
        lines.append(f"{delivery.copies:,} rows equal another row; ingestion keeps one of each")
    return lines
