"""Run a commit and the working tree, each in a folder of its own, on the same raw tables.

In: a commit, an environment. Out: a `Side` for each, with the tables to compare.

The files of the commit come from `git archive`: a kill leaves nothing in the repository, as a
worktree would. Runs write to a staging folder that the next call removes.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import click
import pandas as pd
import yaml
from kedro.config import OmegaConfigLoader
from kedro.framework.project import settings

from kedro_asof.contracts.describe import extract_commit
from kedro_asof.datasets.staging import create_staging
from kedro_asof.errors import InputError, WrongCallError
from kedro_asof.project import find_project, open_session
from telco_churn.commands.try_change.choose_base import CODE, choose_base

TABLES = ("labeled_features", "held_out_predictions", "contact_list")
PIPELINES = "ingestion,features,training,scoring"


@dataclass(frozen=True)
class Side:
    """The results of one side.

    Attributes:
        name: The commit with its subject, or the working tree.
        folder: The folder with its tables.
        code: The exit code of the run.
        message: The last line of the run.
        seconds: The duration of the run.
        parameters: All parameters of the run, by block.
    """

    name: str
    folder: Path
    code: int = 0
    message: str = ""
    seconds: float = 0.0
    parameters: dict[str, Any] | None = None

    @property
    def has_results(self) -> bool:
        """Whether a model was trained and evaluated; the gate may have refused it."""
        return self.read("held_out_predictions") is not None

    def read(self, table: str) -> pd.DataFrame | None:
        """Return a table; None if the run did not write it."""
        file = self.folder / f"{table}.parquet"
        return pd.read_parquet(file) if file.exists() else None


@dataclass(frozen=True)
class Sides:
    """The base and the working tree.

    Attributes:
        heading: The base, why it was chosen, and the environment.
        before: The base.
        after: The working tree.
    """

    heading: str
    before: Side
    after: Side


@dataclass(frozen=True)
class Place:
    """What a run needs: the environment, its raw tables, the tables to compare, MLflow's options.

    Attributes:
        env: The environment.
        raw: The folder of the raw tables, relative to the project.
        tables: The files of `TABLES`, relative to the project.
        mlflow: The options of mlflow.yml.
    """

    env: str
    raw: Path
    tables: dict[str, Path]
    mlflow: dict[str, Any]


@contextmanager
def run_sides(ref: str | None, env: str | None) -> Iterator[Sides]:
    """Run both sides, and yield their results; the folders are removed afterwards.

    Raises:
        WrongCallError: When there is no such commit or environment, or it may hold credentials.
        InputError: When the environment has no raw tables in files.
    """
    project = find_project()
    base = choose_base(project, ref)
    place = _read_place(project, env)
    heading = f"Base: {base.name} ({base.reason}). Environment: {place.env}."
    click.echo(heading)
    with create_staging(project / "data", ".try.partial-") as aside:
        after = _copy_tree(project, aside / "after")
        click.echo("Running the base.")
        (aside / "before").mkdir()
        extract_commit(project, base.sha, aside / "before")
        before = _run_side(base.name, project, aside / "before", place)
        click.echo("Running the working tree.")
        yield Sides(heading, before, _run_side("working tree", project, after, place))


def _read_place(project: Path, env: str | None) -> Place:
    env = env or ("sample" if (project / "conf" / "sample").is_dir() else "test")
    if env in ("base", "local"):
        raise WrongCallError(
            f"Invalid environment {env!r} for `kedro try`: it is not small, or it holds "
            "credentials that no run may copy. Choose a small environment, such as sample."
        )
    with open_session(env) as session:
        loader = cast(OmegaConfigLoader, session.load_context().config_loader)
        raw, mlflow = Path(loader["globals"]["data"]) / "01_raw", loader["mlflow"]
        files = {name: loader["catalog"].get(name, {}).get("filepath") for name in TABLES}
    if raw.is_absolute() or not (project / raw).is_dir() or not all(files.values()):
        raise InputError(
            f"No files of this project hold the tables of the environment {env}: expected raw "
            f"tables in {raw}, and a filepath for each of {list(TABLES)}. Run `kedro sample` to "
            "make such an environment, or `kedro run --env test --pipelines simulation`."
        )
    return Place(env, raw, {name: Path(file) for name, file in files.items()}, mlflow)


def _run_side(name: str, project: Path, root: Path, place: Place) -> Side:
    shutil.copytree(project / place.raw, root / place.raw)
    if not (root / "conf" / place.env).exists():
        shutil.copytree(project / "conf" / place.env, root / "conf" / place.env)
    _own_registry(root, place)
    (root / "src").mkdir(exist_ok=True)  # Kedro needs the folder
    subprocess.run([sys.executable, "-m", "compileall", "-q", "src"], cwd=root, check=False)
    started = time.monotonic()
    code, message = _run(root, place.env)
    side = Side(name, root / "results", code, message, time.monotonic() - started)
    side.folder.mkdir()
    for table, file in place.tables.items():
        if (root / file).exists():
            shutil.copy(root / file, side.folder / f"{table}.parquet")
    if not side.has_results:
        return side
    loader = settings.CONFIG_LOADER_CLASS(
        str(root / "conf"), env=place.env, **settings.CONFIG_LOADER_ARGS
    )
    return replace(side, parameters=loader["parameters"])


def _own_registry(root: Path, place: Place) -> None:
    """Point MLflow to a registry of its own: a trial must not reach that of the project."""
    experiment = place.mlflow["tracking"]["experiment"]
    artifacts = {"create_experiment_kwargs": {"artifact_location": str(root / "mlruns")}}
    options = {
        "server": {"mlflow_tracking_uri": f"sqlite:///{root}/mlflow.db"},
        "tracking": place.mlflow["tracking"] | {"experiment": experiment | artifacts},
    }
    (root / "conf" / place.env / "mlflow.yml").write_text(yaml.safe_dump(options))


def _run(root: Path, env: str) -> tuple[int, str]:
    """Run pipelines in a folder; return the exit code and the error."""
    given = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    path = os.pathsep.join(filter(None, [str(root / "src"), given.get("PYTHONPATH", "")]))
    given |= {"PYTHONPATH": path, "WANDB_MODE": "disabled", "LOG_FORMAT": "text", "KEDRO_ENV": env}
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--pipelines", PIPELINES],
        cwd=root,
        env=given,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("Error: ")]
    last = (errors or lines or ["no message"])[-1]
    return done.returncode, last.removeprefix("Error: ") if done.returncode else ""


def _copy_tree(project: Path, root: Path) -> Path:
    """Copy the code and the configuration of the working tree, without credentials."""
    root.mkdir()
    for source in (project / name for name in CODE):
        if source.is_dir():
            shutil.copytree(source, root / source.name, ignore=shutil.ignore_patterns("local"))
        elif source.exists():
            shutil.copy2(source, root)
    return root
