"""`kedro sample`: write a consistent part of the raw tables to an environment of its own."""

import click

from kedro_asof.project import find_project
from kedro_asof.result_table import show_table
from kedro_asof.sampling.cut import Cut
from kedro_asof.sampling.environment import SampleEnvironment
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.commands.sample.write_sample import Request, write_sample

COLUMNS = ["table", "rows", "of unknown customers", "in the sample", "MB", "seconds"]
CHURNER_SHARE = 20  # one of so many customers has a cancellation, unless --min-churners is given


@click.command()
@click.option(
    "--customers",
    "-n",
    default=2000,
    show_default=True,
    type=click.IntRange(1),
    help="Number of customers.",
)
@click.option(
    "--min-churners",
    type=click.IntRange(0),
    help="Fewest customers with a cancellation.  [default: 5 % of the customers]",
)
@click.option("--from-env", help="Environment to read from.  [default: that of kedro run]")
@click.option("--to-env", default="sample", show_default=True, help="Environment to write.")
@click.option("--seed", default=1, show_default=True, help="Another seed draws other customers.")
@click.option(
    "--keep-identifiers", is_flag=True, help="Keep names, addresses and all other columns."
)
@click.option("--overwrite", is_flag=True, help="Replace a sample, and what runs made of it.")
@explain_errors
def sample(
    customers: int,
    min_churners: int | None,
    from_env: str | None,
    to_env: str,
    seed: int,
    keep_identifiers: bool,
    overwrite: bool,
) -> None:
    """Draw customers, and write all their raw rows to an environment of its own.

    Example: kedro sample --customers 2000 --from-env production

    The tables go to data/sample, the configuration to conf/sample; then `kedro run --env sample`
    runs in seconds. The same seed draws the same customers from the same tables. Direct identifiers
    become artificial values, and columns that no contract lists are left out.
    """
    environment = SampleEnvironment(to_env, find_project())
    environment.check(overwrite)
    minimum = customers // CHURNER_SHARE if min_churners is None else min_churners
    request = Request(customers, minimum, seed, keep_identifiers)
    report = write_sample(environment, from_env, request, overwrite)
    show_table(COLUMNS, [_describe(name, *found) for name, found in report.tables.items()])
    click.echo("\n".join([*report.notes, f"Next: kedro run --env {to_env}"]))


def _describe(name: str, cut: Cut, seconds: float) -> list[str]:
    counts = [f"{number:,}" for number in (cut.rows, cut.unknown, cut.written)]
    return [name, *counts, f"{cut.size / 1e6:,.2f}", f"{seconds:.1f}"]
