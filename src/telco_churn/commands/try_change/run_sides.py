"""Run a commit and the working tree, each in a folder of its own, on the same raw tables.

In: a commit, an environment. Out: a `Side` for each, with the tables to compare.

The files of the commit come from `git archive`: a kill leaves nothing in the repository, as a
worktree would. Runs write to a staging folder that the next call removes.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, cast

import click
import pandas as pd
import yaml
from kedro.config import OmegaConfigLoader
from kedro.framework.project import settings

from kedro_asof.contracts.describe import extract_commit
from kedro_asof.datasets.staging import create_staging
from kedro_asof.errors import InputError
from kedro_asof.project import find_project, open_session
from telco_churn.commands.try_change.choose_base import Base, choose_base, has_folder

TABLES = ("labeled_features", "held_out_predictions", "contact_list")
PIPELINES = "ingestion,features,training,scoring"
KEPT = 5  # commits whose results stay in data/try
FACTS = "side.json"


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
        is_kept: Whether an earlier call ran it.
    """

    name: str
    folder: Path
    code: int = 0
    message: str = ""
    seconds: float = 0.0
    parameters: dict[str, Any] | None = None
    is_kept: bool = False

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
        WrongCallError: When there is no such commit or environment.
        InputError: When the environment has no raw tables in files.
    """
    project = find_project()
    base = choose_base(project, ref)
    place = _read_place(project, env)
    heading = f"Base: {base.name} ({base.reason}). Environment: {place.env}."
    click.echo(heading)
    with create_staging(project / "data", ".try.partial-") as aside:
        after = _copy_tree(project, aside / "after")
        if not (project / place.raw).is_dir():
            _simulate(project, after, place)
        before = _run_base(project, base, place, aside)
        click.echo("Running the working tree.")
        yield Sides(heading, before, _run_side("working tree", project, after, place))


def _read_place(project: Path, env: str | None) -> Place:
    env = env or ("sample" if (project / "conf" / "sample").is_dir() else "test")
    with open_session(env) as session:
        loader = cast(OmegaConfigLoader, session.load_context().config_loader)
        tables = {name: Path(loader["catalog"][name]["filepath"]) for name in TABLES}
        raw, mlflow = Path(loader["globals"]["data"]) / "01_raw", loader["mlflow"]
        can_simulate = "simulation" in loader["globals"].get("pipelines", ["simulation"])
    if raw.is_absolute() or not ((project / raw).is_dir() or can_simulate):
        raise InputError(
            f"No raw tables in {raw}: `kedro try` needs an environment whose tables are files of "
            "this project. Run `kedro sample` to make one."
        )
    return Place(env, raw, tables, mlflow)


def _run_base(project: Path, base: Base, place: Place, aside: Path) -> Side:
    """Run the base, or return the results that an earlier call kept."""
    kept = project / "data" / "try" / _digest(project, base, place)
    if (kept / FACTS).exists():
        click.echo(f"The results of the base are in {kept.relative_to(project)}.")
        return Side(**json.loads((kept / FACTS).read_text()) | {"folder": kept, "is_kept": True})
    click.echo("Running the base.")
    root = aside / "before"
    root.mkdir()
    extract_commit(project, base.sha, root)
    side = _run_side(base.name, project, root, place)
    if side.has_results:
        facts = asdict(side) | {"folder": ""}
        (side.folder / FACTS).write_text(json.dumps(facts, default=str))
        kept.parent.mkdir(exist_ok=True)
        shutil.rmtree(kept, ignore_errors=True)
        os.rename(side.folder, kept)
        for old in sorted(kept.parent.iterdir(), key=lambda each: each.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
        return replace(side, folder=kept)
    return side


def _run_side(name: str, project: Path, root: Path, place: Place) -> Side:
    shutil.copytree(project / place.raw, root / place.raw)
    if not (root / "conf" / place.env).exists():
        shutil.copytree(project / "conf" / place.env, root / "conf" / place.env)
    _own_registry(root, place)
    (root / "src").mkdir(exist_ok=True)  # Kedro needs the folder
    subprocess.run([sys.executable, "-m", "compileall", "-q", "src"], cwd=root, check=False)
    started = time.monotonic()
    code, message = _run(root, place.env, PIPELINES)
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


def _run(root: Path, env: str, pipelines: str) -> tuple[int, str]:
    """Run pipelines in a folder; return the exit code and the error."""
    given = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    path = os.pathsep.join(filter(None, [str(root / "src"), given.get("PYTHONPATH", "")]))
    given |= {"PYTHONPATH": path, "WANDB_MODE": "disabled", "LOG_FORMAT": "text", "KEDRO_ENV": env}
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--pipelines", pipelines],
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


def _simulate(project: Path, root: Path, place: Place) -> None:
    click.echo("Making the sample operator.")
    _own_registry(root, place)
    code, message = _run(root, place.env, "simulation")
    if code:
        raise InputError(f"Cannot make the sample operator: {message}")
    (project / place.raw).parent.mkdir(parents=True, exist_ok=True)
    os.rename(root / place.raw, project / place.raw)
    shutil.rmtree(root / "data")


def _copy_tree(project: Path, root: Path) -> Path:
    """Copy the code and the configuration of the working tree, without credentials."""
    shutil.copytree(project / "src", root / "src")
    shutil.copytree(project / "conf", root / "conf", ignore=shutil.ignore_patterns("local"))
    for name in ("pyproject.toml", ".telemetry"):
        if (project / name).exists():
            shutil.copy2(project / name, root)
    return root


def _digest(project: Path, base: Base, place: Place) -> str:
    """Name the results of a commit: the same for the same inputs, configuration and packages."""
    packages = sorted(f"{each.name} {each.version}" for each in distributions())
    digest = hashlib.sha256(json.dumps([sys.version, packages, place.env]).encode())
    folders = [project / place.raw]
    if not has_folder(project, base, f"conf/{place.env}"):
        folders.append(project / "conf" / place.env)
    for folder in folders:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            digest.update(str(file.relative_to(project)).encode() + file.read_bytes())
    return f"{base.sha[:12]}-{digest.hexdigest()[:12]}"
