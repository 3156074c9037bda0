"""A separate Kedro project with two nodes and the hook; a run takes seconds.

It follows the section "Add the plugin to another project" in the README of kedro_wandb.
"""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import yaml

PYPROJECT = """
[tool.kedro]
package_name = "tiny"
project_name = "tiny"
kedro_init_version = "1.7.0"
"""
SETTINGS = """
import warnings

from kedro_wandb import WandbHook

warnings.filterwarnings("ignore", message="register_new_resolver")
HOOKS = (WandbHook(),)
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "local",
    "config_patterns": {"wandb": ["wandb*"]},
}
"""
# `kedro run` without MLflow and other plugins, which are slow to import.
RUN = """
import multiprocessing
import os
import sys
from pathlib import Path

import kedro.framework.session.session as session
import kedro.runner.task as task
from kedro.framework.startup import bootstrap_project
from kedro.utils import load_obj

session._register_hooks_entry_points = task._register_hooks_entry_points = lambda *_: None
if __name__ == "__main__":
    multiprocessing.set_start_method(os.environ.get("TINY_START", "fork"))
    bootstrap_project(Path.cwd())
    runner = load_obj(sys.argv[1], "kedro.runner")()
    with session.KedroSession.create(env=None) as kedro:
        kedro.run(pipeline_names=["tiny"], tags=["first", "second"], runner=runner)
"""
NODES = """
import os
import time

import matplotlib
import pandas as pd

matplotlib.use("Agg")
from matplotlib.figure import Figure


def prepare(raw, rate):
    if os.environ.get("TINY_FAILS"):
        raise ValueError("the node fails")
    time.sleep(float(os.environ.get("TINY_SECONDS", "0")))
    return raw.assign(amount=raw["amount"] * rate)


def evaluate(prepared):
    time.sleep(float(os.environ.get("TINY_SECONDS", "0")))
    figure = Figure()
    figure.subplots().plot(prepared["amount"])
    metrics = {"mean": float(prepared["amount"].mean()), "deep": {"rows": len(prepared)}}
    return metrics, figure, prepared
"""
REGISTRY = """
from kedro.pipeline import Pipeline, node

from tiny.nodes import evaluate, prepare


def register_pipelines():
    nodes = [
        node(prepare, ["raw", "params:rate"], "prepared", name="prepare", tags=["first"]),
        node(
            evaluate,
            "prepared",
            ["metrics", "amounts_plot", "scored_2026"],
            name="evaluate",
            tags=["second"],
        ),
    ]
    return {"__default__": Pipeline(nodes), "tiny": Pipeline(nodes)}
"""
CATALOG = """
raw: {type: pandas.CSVDataset, filepath: data/raw.csv}
prepared:
  type: pandas.CSVDataset
  filepath: data/prepared.csv
  save_args: {index: false}
  metadata: {wandb: {log: plot, kind: scatter, x: day, y: amount}}
metrics:
  type: json.JSONDataset
  filepath: data/metrics.json
  metadata: {wandb: {log: metrics, prefix: test_}}
amounts_plot: {type: matplotlib.MatplotlibDataset, filepath: data/plot.png}
"scored_{year}":
  type: pandas.CSVDataset
  filepath: data/scored_{year}.csv
  save_args: {index: false}
  metadata: {wandb: {log: table}}
"""
PARAMETERS = """
rate: 2.0
as_of: "2026-09-28"
email: person@example.org
"""
WANDB = {
    "project": "tiny",
    "datasets": {"*_plot": {"log": "image", "caption": "Amounts"}},
    "redact": {"columns": ["email"], "identifiers": ["customer_id"]},
    "limits": {"table_rows": 3},
    "timeouts": {"start": 30, "finish": 30},
}
RAW = "customer_id,email,day,amount\n" + "".join(
    f"C{number:07d},person{number}@example.org,2026-01-0{number},{number}.5\n"
    for number in range(1, 8)
)


@dataclass(frozen=True)
class TinyRun:
    """Exit code, output and output files of a run."""

    exit_code: int
    output: str
    outputs: dict[str, str]


@dataclass(frozen=True)
class TinyProject:
    """The project; its runs get the variables in `environment`."""

    path: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def write(cls, path: Path, **wandb: object) -> "TinyProject":
        """Write the files of the project, with changes to wandb.yml."""
        files = {
            "pyproject.toml": PYPROJECT,
            "src/tiny/__init__.py": "",
            "src/tiny/settings.py": SETTINGS,
            "src/tiny/nodes.py": NODES,
            "src/tiny/pipeline_registry.py": REGISTRY,
            "conf/base/catalog.yml": CATALOG,
            "conf/base/parameters.yml": PARAMETERS,
            "conf/base/wandb.yml": yaml.safe_dump(WANDB | wandb),
            "conf/local/.gitkeep": "",
            "data/raw.csv": RAW,
            "run.py": RUN,
        }
        for name, content in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_text(content)
        return cls(path)

    def command(self, runner: str) -> list[str]:
        return [sys.executable, "run.py", runner]

    def full_environment(self, **more: str) -> dict[str, str]:
        known = {name: value for name, value in os.environ.items() if "WANDB" not in name}
        # Another home directory, because a stored W&B key must not be used.
        own = {"KEDRO_DISABLE_TELEMETRY": "true", "HOME": str(self.path), "COLUMNS": "300"}
        own["MPLCONFIGDIR"] = matplotlib.get_configdir()  # reuses Matplotlib's list of fonts
        return known | own | self.environment | more

    def run(
        self, runner: str = "SequentialRunner", limit_kilobytes: str = "", **environment: str
    ) -> TinyRun:
        """Run the project in a separate process, with an optional limit on the size of files."""
        limit = ["bash", "-c", f'ulimit -f {limit_kilobytes} && exec "$@"', "limited"]
        done = subprocess.run(
            (limit if limit_kilobytes else []) + self.command(runner),
            cwd=self.path,
            env=self.full_environment(**environment),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return TinyRun(done.returncode, done.stdout + done.stderr, self.read_outputs())

    def read_outputs(self) -> dict[str, str]:
        files = [*self.path.glob("data/*.csv"), *self.path.glob("data/*.json")]
        return {file.name: file.read_text() for file in files}

    def find_runs(self) -> list[Path]:
        return sorted(self.path.glob("wandb/offline-run-*"))
