"""`kedro experiments`: show the latest runs in MLflow side by side."""

from collections.abc import Iterator
from datetime import UTC, datetime

import click
from kedro.framework.session import KedroSession
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.entities.model_registry import ModelVersion

from kedro_asof.errors import InputError
from kedro_asof.project import find_project
from telco_churn.commands.compare_runs import Experiment, compare
from telco_churn.commands.exit_codes import explain_errors
from telco_churn.metrics.metric_table import METRICS
from telco_churn.registry.model_statuses import find_status

PAGE = 50  # runs per request


@click.command()
@click.option(
    "--last", "-n", default=5, show_default=True, type=click.IntRange(1, 50), help="Number of runs."
)
@click.option(
    "--pipeline",
    "-p",
    help="Pipeline of the runs, e.g. training; __default__ is a full run. Default: all.",
)
@click.option(
    "--metric",
    "-m",
    "metrics",
    multiple=True,
    help="Name or glob of metrics to show, e.g. 'roc_auc*'; repeatable. Default: model metrics.",
)
@click.option("--all", "-a", "is_all", is_flag=True, help="Also show runs without metrics.")
@click.option("--env", "-e", help="Configuration environment, as in kedro run.")
@explain_errors
def experiments(
    last: int, pipeline: str | None, metrics: tuple[str, ...], is_all: bool, env: str | None
) -> None:
    """Compare the latest runs with metrics side by side, newest first.

    \b
    kedro experiments --last 3 --pipeline training
    kedro experiments --all --pipeline scoring
    kedro experiments --metric 'roc_auc*' --metric expected_profit

    Each column is a run. The lines show the fingerprint of its training data, its model version and
    status, the parameters that differ between runs, and the metrics, with * at the best value.
    """  # noqa: D301  (click needs the escape in the text)
    with KedroSession.create(env=env, project_path=find_project()) as session:
        name = session.load_context().mlflow.tracking.experiment.name  # type: ignore[attr-defined]  # kedro-mlflow puts it there
    found = read_experiments(name, last, pipeline, is_all=is_all)
    if not found:
        wanted = f" of pipeline {pipeline!r}" if pipeline else ""
        kind, other = ("", "") if is_all else (" with metrics", ", or add --all for other runs")
        raise InputError(
            f"No runs{kind}{wanted} found in MLflow's experiment {name!r}. Run `kedro run` first"
            f"{other}."
        )
    click.echo(compare(found, metrics or METRICS))


def read_experiments(
    name: str, last: int, pipeline: str | None, *, is_all: bool = False
) -> list[Experiment]:
    """Read runs from MLflow's current tracking store.

    Args:
        name: The name of the MLflow experiment.
        last: The maximum number of runs.
        pipeline: Return only runs of this pipeline; None for all.
        is_all: Also return runs without metrics, such as a scoring or a rollback.

    Returns:
        The runs, newest first; an empty list if the experiment does not exist.
    """
    client = MlflowClient()
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        return []
    runs = (
        run
        for run in _list_runs(client, experiment.experiment_id)
        if (is_all or run.data.metrics) and _is_of(run, pipeline)
    )
    return [_describe(client, run) for _, run in zip(range(last), runs, strict=False)]


def _list_runs(client: MlflowClient, experiment: str) -> Iterator[Run]:
    token: str | None = None
    while True:
        page = client.search_runs(
            [experiment],
            max_results=PAGE,
            order_by=["attributes.start_time DESC"],
            page_token=token,
        )
        yield from page
        token = page.token
        if not token:
            return


def _is_of(run: Run, pipeline: str | None) -> bool:
    return pipeline is None or pipeline in _read_pipelines(run).split("+")


def _read_pipelines(run: Run) -> str:
    """Return the pipelines in the name of a run, `<pipelines> <as_of>`; once `<pipelines>`."""
    return str(run.info.run_name).partition(" ")[0]


def _describe(client: MlflowClient, run: Run) -> Experiment:
    started = datetime.fromtimestamp(run.info.start_time / 1000, UTC)
    versions = client.search_model_versions(f"run_id='{run.info.run_id}'")
    facts = {
        "started": f"{started:%Y-%m-%d %H:%M}",
        "pipeline": _read_pipelines(run),
        "status": run.info.status.lower(),
        "as_of": run.data.params.get("as_of", ""),
        "data": run.data.tags.get("data_fingerprint", ""),
        "wandb": run.data.tags.get("wandb_run_path", "").rpartition("/")[2],
    }
    about = _describe_model(client, versions[0]) if versions else {}
    return Experiment(run.info.run_id, facts | about, run.data.params, run.data.metrics)


def _describe_model(client: MlflowClient, version: ModelVersion) -> dict[str, str]:
    aliases = client.get_registered_model(version.name).aliases
    held = [alias for alias, number in aliases.items() if str(number) == str(version.version)]
    fingerprint = version.tags.get("data_fingerprint")
    return ({"data": fingerprint} if fingerprint else {}) | {
        "model": f"{version.name} {version.version}",
        "model_status": ", ".join(held) or find_status(version) or "",
    }
