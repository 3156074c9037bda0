"""The commands of this project, and `kedro run` with short errors and exit codes."""

import copy

import click
from kedro.framework.cli.project import run as kedro_run

from kedro_asof.exit_codes import explain_option
from telco_churn.commands.backfill import backfill
from telco_churn.commands.contracts import contracts
from telco_churn.commands.deliveries import deliveries
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.commands.experiments import experiments
from telco_churn.commands.features import features
from telco_churn.commands.own_table import own_table
from telco_churn.commands.sample import sample
from telco_churn.commands.schemas import schemas
from telco_churn.commands.scores import scores
from telco_churn.commands.try_change import try_change
from telco_churn.commands.update import update


@click.group(name="telco_churn")
def cli() -> None:
    """Commands of this project."""


run = copy.copy(kedro_run)
assert kedro_run.callback is not None
for option in kedro_run.params:
    explain_option(option)
run.callback = explain_errors(kedro_run.callback)
run.params = [*kedro_run.params, *getattr(run.callback, "__click_params__", [])]
COMMANDS = (
    run,
    backfill,
    contracts,
    deliveries,
    experiments,
    features,
    own_table,
    sample,
    schemas,
    scores,
    try_change,
    update,
)
for command in COMMANDS:
    cli.add_command(command)
