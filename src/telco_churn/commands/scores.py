"""`kedro scores`: show, restore and prune the scores of earlier dates."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, cast

import click
import pandas as pd
from kedro.framework.cli.utils import _split_params
from kedro.framework.project import pipelines
from kedro.io import DataCatalog

from kedro_asof.backfill import Day
from kedro_asof.cleanup import (
    Leftover,
    find_leftovers,
    list_elsewhere,
    list_intermediate,
    remove_leftovers,
)
from kedro_asof.datasets.dated_history import DatedHistory
from kedro_asof.datasets.dated_table import DatedTable
from kedro_asof.datasets.tile_table import TileTable
from kedro_asof.delivery import deliver
from kedro_asof.errors import NothingToDo, WrongCallError
from kedro_asof.exit_codes import keep_env
from kedro_asof.project import open_session
from kedro_asof.result_table import show_table
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.parameters.features import FeatureParams

environment = click.option("--env", "-e", default=None, help="Configuration environment.")
parameters = click.option(
    "--params",
    default="",
    callback=_split_params,
    help="Parameters such as own_table.name=NAME, which names a flat table of --env own_table.",
)


@click.group()
def scores() -> None:
    """Show, restore and prune scores."""


@scores.command()
@environment
@parameters
@click.option("--as-of", type=Day(), default=None, help="Show all commits of this date.")
@click.option("--all", "every", is_flag=True, help="Show all commits, not only the last per date.")
@explain_errors
def history(env: str | None, params: dict[str, Any], as_of: date | None, every: bool) -> None:
    """List the commits of the score table.

    Example: kedro scores history --as-of 2026-09-28

    Each line is the last commit of a date, with its version of the table, counts and model.
    """
    commits = open_score_history(env, params).load()
    if commits.empty:
        advice = "Run `kedro run --pipelines scoring --params as_of=YYYY-MM-DD`."
        click.echo(f"No scores found. {keep_env(advice, env)}")
        return
    if as_of:
        _check_scored(commits, as_of)
        commits = commits[commits["as_of"] == str(as_of)]
    elif not every:
        commits = commits.drop_duplicates("as_of", keep="last").sort_values("as_of")
    _show(commits)


@scores.command()
@environment
@parameters
@click.option("--as-of", type=Day(), required=True, help="Date to restore.")
@click.option("--version", type=int, required=True, help="Version, from kedro scores history.")
@explain_errors
def restore(env: str | None, params: dict[str, Any], as_of: date, version: int) -> None:
    """Restore the scores of a date from an earlier version of the table.

    Example: kedro scores restore --as-of 2026-09-28 --version 3

    The restored scores are a new commit, and the contact list of the date is written again.
    """
    table = open_score_history(env, params)
    _check_scored(table.load(), as_of)
    with open_session(env, {**params, "as_of": str(as_of)}) as session:
        catalog = cast(DataCatalog, session.load_context().catalog)
        with cast(DatedTable, catalog["churn_scores"]).lock():
            try:
                made = table.restore(str(as_of), version)
            except NothingToDo:  # an earlier restore may have been killed before it wrote the list
                write_contact_lists(catalog)
                raise
            write_contact_lists(catalog)
    click.echo(
        f"Restored as_of={as_of} from version {version}; this is version {made} of the table. "
        "Wrote its contact list again."
    )


@scores.command()
@environment
@parameters
@click.option("--before", type=Day(), required=True, help="First date to keep.")
@click.option("--dry-run", is_flag=True, help="List the folders without deleting them.")
@explain_errors
def prune(env: str | None, params: dict[str, Any], before: date, dry_run: bool) -> None:
    """Delete intermediate tables of old dates.

    Example: kedro scores prune --before 2026-06-29 --dry-run

    Deletes features, predictions and reasons, and the weekly tiles that only earlier dates read.
    Keeps scores, their history and contact lists. A run that needs a deleted table makes it again.
    """
    with open_session(env, params) as session:
        context = session.load_context()
        catalog = cast(DataCatalog, context.catalog)
        names = list_intermediate(pipelines.values(), catalog)
        leftovers = find_leftovers(names, catalog, before)
        tiles = _find_old_tiles(context.params, catalog, before)
        if elsewhere := list_elsewhere(names, catalog):
            listed = ", ".join(elsewhere)
            click.echo(f"Not in local folders; delete these where they are stored: {listed}.")
        old = [*leftovers, *(tile for of_table in tiles.values() for tile in of_table)]
        if not old:
            click.echo(f"Nothing to delete for dates before {before}.")
            return
        _show_leftovers(old)
        if not dry_run:
            remove_leftovers(leftovers, cast(DatedTable, catalog["churn_scores"]))
            for name, of_table in tiles.items():
                cast(TileTable, catalog[name]).drop([tile.as_of for tile in of_table])
    freed = sum(each.bytes for each in old) / 1e6
    click.echo(f"{'Would free' if dry_run else 'Freed'} {freed:,.1f} MB.")


def _find_old_tiles(
    params: Mapping[str, Any], catalog: DataCatalog, before: date
) -> dict[str, list[Leftover]]:
    """List the tiles that no date from `before` on reads, by the dataset of their table."""
    found: dict[str, list[Leftover]] = {}
    if "features" not in params:  # an environment with one flat table
        return found
    features = FeatureParams.model_validate(params["features"])
    for table in features.tiled_tables:
        longest = max(each.reach for each in features.windows[table].list_features(table))
        dataset = cast(TileTable, catalog[f"{table}_tiles_before"])
        sizes = dataset.list_weeks(before - timedelta(days=longest))
        if sizes:
            found[f"{table}_tiles_before"] = [
                Leftover(week, f"{table}_tiles", dataset.local_path, size)
                for week, size in sorted(sizes.items())
            ]
    return found


def _check_scored(commits: pd.DataFrame, as_of: date) -> None:
    known = sorted(set(commits["as_of"]))
    if str(as_of) in known:
        return
    there = (
        f"{len(known)} dates have some, {known[0]} to {known[-1]}" if known else "no date has any"
    )
    raise WrongCallError(
        f"No scores found for as_of={as_of}: {there}. Choose a date from `kedro scores history`, "
        f"or run `kedro run --pipelines scoring --params as_of={as_of}`."
    )


def _show(commits: pd.DataFrame) -> None:
    columns = ["as_of", "version", "committed at", "customers", "contacts", "expected", "mean p"]
    rows = [
        [
            commit["as_of"],
            str(commit["table_version"]),
            commit["committed_at"],
            f"{int(commit['customers']):,}",
            f"{int(commit['contacts']):,}",
            f"{float(commit['expected_value']):,.0f}",
            f"{float(commit['mean_probability']):.2%}",
            f"{commit['model']} {commit['model_version']}",
            commit["seconds"],
            commit["restored_from"],
        ]
        for commit in commits.fillna("").to_dict("records")
    ]
    show_table([*columns, "model", "seconds", "restored from"], rows)


def _show_leftovers(leftovers: list[Leftover]) -> None:
    rows = [[str(each.as_of), each.name, f"{each.bytes / 1e6:,.1f}"] for each in leftovers]
    show_table(["as_of or week", "dataset", "MB"], rows)


def write_contact_lists(catalog: DataCatalog) -> None:
    """Write the contact lists of the catalog's date again, from its commit."""
    deliver(pipelines["scoring"], catalog)


def open_score_history(env: str | None, params: dict[str, Any] | None = None) -> DatedHistory:
    """Return the commit history of the score table."""
    with open_session(env, params) as session:
        return cast(DatedHistory, session.load_context().catalog["score_history"])
