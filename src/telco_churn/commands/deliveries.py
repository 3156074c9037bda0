"""`kedro deliveries`: list the ingested files, withdraw one, and take a withdrawn file back."""

from typing import Any, cast

import click
import pandas as pd
from kedro.io import DataCatalog

from kedro_asof.errors import WrongCallError
from kedro_asof.exit_codes import keep_env
from kedro_asof.project import open_session
from kedro_asof.result_table import show_table
from kedro_asof.suggestions import suggest
from telco_churn.commands.exit_codes import explain_errors

environment = click.option("--env", "-e", default=None, help="Configuration environment.")
MOST_RULES = 60  # characters of the rules that a line shows


@click.group()
def deliveries() -> None:
    """List and withdraw the files of event tables."""


@deliveries.command("list")
@environment
@click.option("--table", default=None, help="Show the files of this table only, such as usage.")
@explain_errors
def list_files(env: str | None, table: str | None) -> None:
    """List the files that were ingested or withdrawn.

    Example: kedro deliveries list --table usage

    Each line is a file with its rows: kept, equal to another row (duplicate), or rejected.
    """
    log = _read_log(env)
    if log.empty:
        advice = "Run `kedro run --pipelines ingestion`."
        click.echo(f"No deliveries found. {keep_env(advice, env)}")
        return
    if table is not None:
        log = log[log["table"] == _check_table(table, log)]
    _show(log)


@deliveries.command()
@environment
@click.argument("file")
@explain_errors
def withdraw(env: str | None, file: str) -> None:
    """Remove the rows of FILE, and do not ingest it again.

    Example: kedro deliveries withdraw usage/2026-09-28.parquet

    FILE is written as `kedro deliveries list` shows it. The file itself stays where it is. Other
    content under the same name is a new delivery.
    """
    _ingest(env, "withdraw", file, "ingested")


@deliveries.command()
@environment
@click.argument("file")
@explain_errors
def restore(env: str | None, file: str) -> None:
    """Ingest the withdrawn FILE again.

    Example: kedro deliveries restore usage/2026-09-28.parquet
    """
    _ingest(env, "restore", file, "withdrawn")


def _ingest(env: str | None, parameter: str, file: str, status: str) -> None:
    log = _read_log(env)
    if log.empty:
        raise WrongCallError(
            keep_env("No deliveries found. Run `kedro run --pipelines ingestion`.", env)
        )
    names = list(log["table"] + "/" + log["file"])
    of_status = [name for name, found in zip(names, log["status"], strict=True) if found == status]
    if file not in of_status:
        raise WrongCallError(
            f"Unknown delivery {file!r}: expected the table and name of a file that is {status}, "
            f"such as usage/part-00000.parquet.{suggest(file, of_status)} `kedro deliveries list` "
            "shows all files."
        )
    with open_session(env, {"ingestion": {parameter: [file]}}) as session:
        session.run(pipeline_names=["ingestion"])
    if parameter == "withdraw":
        click.echo(f"Withdrew {file}: its rows have left the table.")
    else:
        click.echo(f"Ingested {file} again.")


def _read_log(env: str | None) -> pd.DataFrame:
    with open_session(env) as session:
        catalog = cast(DataCatalog, session.load_context().catalog)
        if "delivery_log" not in catalog:
            raise WrongCallError(
                "No dataset delivery_log in this environment: its tables are delivered whole."
            )
        return cast(pd.DataFrame, catalog.load("delivery_log"))


def _check_table(table: str, log: pd.DataFrame) -> str:
    known = sorted(set(log["table"]))
    if table not in known:
        raise WrongCallError(f"Unknown table {table!r}.{suggest(table, known)} Expected {known}.")
    return table


def _show(log: pd.DataFrame) -> None:
    columns = ["file", "status", "ingested at", "MB", "rows", "kept", "duplicate", "rejected"]
    rows: list[list[str]] = []
    for each in log.to_dict("records"):
        numbers: list[Any] = [each[name] for name in ("rows", "kept", "duplicate", "rejected")]
        rules = each["rules"]
        rows.append(
            [
                f"{each['table']}/{each['file']}",
                each["status"],
                each["ingested_at"],
                f"{each['size_bytes'] / 1e6:,.1f}",
                *[f"{number:,}" for number in numbers],
                rules if len(rules) <= MOST_RULES else f"{rules[:MOST_RULES]}…",
            ]
        )
    show_table([*columns, "rules"], rows)
