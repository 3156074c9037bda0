"""`kedro own-table`: train on a flat table and score it, with one command."""

from datetime import date
from typing import Any, cast

import click
from kedro.framework.cli.utils import _split_params
from kedro.framework.project import pipelines
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner

from kedro_asof.backfill import Day
from kedro_asof.project import open_session
from telco_churn.commands.exit_codes import explain_errors

PIPELINE, FIRST_NODE = "own_table", "own_table.profile_columns"


@click.command("own-table")
@click.argument("file", type=click.Path(exists=True))
@click.option("--target", required=True, metavar="COLUMN", help="Column that says who churned.")
@click.option("--positive", metavar="VALUE", help="Value of the target that means churn.")
@click.option("--id", "id_column", metavar="COLUMN", help="Column that identifies the customer.")
@click.option("--time", metavar="COLUMN", help="Column with the date of each row: split by time.")
@click.option("--drop", multiple=True, metavar="COLUMN", help="Leave a column out; repeatable.")
@click.option("--slices", multiple=True, metavar="COLUMN", help="Compare its values; repeatable.")
@click.option(
    "--accept", multiple=True, metavar="COLUMN", help="Use a direct identifier after all."
)
@click.option("--name", help="Name of the folder and the model; default: that of the file.")
@click.option("--as-of", type=Day(), default=None, help="Date of the run; default: today.")
@click.option("--date-format", metavar="FORMAT", help="For ambiguous dates, such as %d/%m/%Y.")
@click.option("--sheet", help="Sheet of an .xlsx file; default: the first.")
@click.option("--encoding", help="Encoding of a CSV file, such as cp1252; default: found.")
@click.option("--accept-weak-model", is_flag=True, help="Contact customers with a weak model too.")
@click.option("--dry-run", is_flag=True, help="Show what was understood of the table, then stop.")
@click.option("--env", "-e", default="own_table", show_default=True, help="Environment in conf/.")
@click.option("--params", default="", callback=_split_params, help="More parameters: a.b=c,d=e.")
@explain_errors
def own_table(
    file: str,
    slices: tuple[str, ...],
    as_of: date | None,
    accept_weak_model: bool,
    dry_run: bool,
    env: str,
    params: dict[str, Any],
    id_column: str | None,
    **options: Any,
) -> None:
    """Train a churn model on the flat table FILE, and score its rows.

    Example: kedro own-table customers.csv --target Churn --id customerID

    FILE has one row per customer: .csv, .tsv, .parquet or .xlsx, also .gz, or a folder. Everything
    is written to data/own_table/<name>. The parameters own_table.* have the names of the options.
    """
    given: dict[str, dict[str, Any]] = {
        "own_table": {"table": file, "id": id_column, **options},
        "evaluation": {"slices": list(slices)},
        "decision": {"accept_weak_model": accept_weak_model or None},
    }
    parameters: dict[str, Any] = {"as_of": str(as_of or date.today())}
    for block, values in given.items():
        further = params.pop(block, {})
        chosen = {key: value for key, value in values.items() if value not in (None, (), [])}
        if chosen | further:
            parameters[block] = chosen | further
    with open_session(env, parameters | params) as session:
        if not dry_run:
            session.run(pipeline_names=[PIPELINE])
            return
        catalog = cast(DataCatalog, session.load_context().catalog)
        catalog["column_profile"] = MemoryDataset()
        SequentialRunner().run(pipelines[PIPELINE].filter(node_names=[FIRST_NODE]), catalog)
        click.echo(catalog["table_overview"].load())
