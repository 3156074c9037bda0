"""Measures the fixed cost of a run: a date of few customers against a project with an empty node.

In: nothing; a sample operator is made and trained on first. Out: a page with the wall time of both,
with the same plugins, and where the seconds go: medians of runs, taken in turn.
"""

import json
import shutil
from pathlib import Path
from statistics import median

import duckdb
from deltalake import DeltaTable

from benchmarks.kedro_clock import SAID
from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.processes import Measurement, measure
from benchmarks.project_copy import copy_project
from benchmarks.sample_operator import PROJECT
from benchmarks.targets import Target

PLACE = Path("data/benchmark/overhead")
SCORED = 10
REPETITIONS = 5
SCORING = "--env test --pipelines scoring --params scoring.rescore=true,guard.action=warn"
CLOCK = "benchmarks/kedro_clock.py"
PYTHON = "start and end of the process"
EMPTY, OURS = "an empty node", f"a date of {SCORED} customers"
LIBRARIES = ("kedro", "kedro-mlflow", "kedro-viz", "mlflow", "wandb", "duckdb", "lightgbm")
COMPARED = f"""\
For data scientists and operators who ask what a run costs before it computes anything. `kedro run`
scores a date of {SCORED} customers, from their tables to the committed scores and the contact
list, with MLflow and W&B in their default configuration. It is compared with `kedro run` of a
project that has one empty node and the same plugins, including kedro-mlflow. That project has no
W&B, because Kedro has no plugin for it. The model was trained on 1,000 customers first.

*Wall* is the time of the whole process, *work* the time that Kedro reports for its nodes. Separate
runs measure where the seconds go ([kedro_clock.py](../../../benchmarks/kedro_clock.py)). Each
second counts once, for the innermost part: an import inside a hook counts as an import. Imports of
a package that is not listed count for the listed package that imports it first, such as pandas for
MLflow."""
PROJECT_FILES = {
    "pyproject.toml": '[tool.kedro]\npackage_name = "empty"\nproject_name = "Empty"\n'
    'kedro_init_version = "1.7.0"\nsource_dir = "src"\n',
    ".telemetry": "consent: false\n",
    "src/empty/__init__.py": "",
    "src/empty/settings.py": "",
    "src/empty/pipeline_registry.py": "from kedro.pipeline import Node, Pipeline\n\n\n"
    "def register_pipelines():\n"
    '    return {"__default__": Pipeline([Node(lambda: 1, None, "x")])}\n',
    "conf/base/catalog.yml": "x: {type: MemoryDataset}\n",
    "conf/base/mlflow.yml": "server: {mlflow_tracking_uri: sqlite:///mlflow.db}\n",
    "conf/local/.gitkeep": "",
}


def main() -> None:
    """Make both projects, run them in turn, write the page."""
    asked = section_parser(__doc__).parse_args()
    shutil.rmtree(PROJECT / PLACE, ignore_errors=True)
    empty, ours = PROJECT / PLACE / "empty", PROJECT / PLACE / "ours"
    _make_empty(empty)
    _make_ours(ours)
    runs = {EMPTY: (empty, "run"), OURS: (ours, f"run {SCORING}")}
    found: dict[str, list[Measurement]] = {name: [] for name in runs}
    parts: dict[str, list[dict[str, float]]] = {name: [] for name in runs}
    for number in range(1 if asked.small else REPETITIONS):
        for name, (folder, command) in runs.items():
            log = PROJECT / PLACE / "logs" / f"{folder.name}_{number}.log"
            found[name].append(measure(f"kedro {command}", log, folder))
            log = log.with_name(f"{folder.name}_{number}_clocked.log")
            clocked = measure(f"python {PROJECT / CLOCK} {command}", log, folder)
            parts[name].append(_read_parts(log, clocked))
    _refuse_other_dates(ours)
    Page(
        section="overhead",
        title="Overhead",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[_tabulate_runs(found), _tabulate_parts(parts)],
        targets=[_compare_wall(found)],
        commands=[
            "kedro run  # in the empty project",
            f"kedro run {SCORING}",
            f"python {CLOCK} run",
            f"python {CLOCK} run {SCORING}",
        ],
        links=("[Scoring](scoring.md)",),
    ).write(report_folder(asked))


def _make_empty(folder: Path) -> None:
    for file, text in PROJECT_FILES.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)


def _make_ours(folder: Path) -> None:
    """Copy the project's configuration, train, then keep only a few customers."""
    copy_project(folder)
    measure("kedro run --env test", PROJECT / PLACE / "logs" / "training.log", folder)
    primary = folder / "data" / "test" / "03_primary"
    customers = f"'{primary}/customers.parquet'"
    left = f"read_parquet({DeltaTable(primary / 'cancellations').file_uris()})"
    duckdb.sql(
        f"COPY (SELECT * FROM {customers} ANTI JOIN {left} USING (customer_id) "
        f"ORDER BY customer_id LIMIT {SCORED}) TO '{primary}/few.parquet'"
    )
    (primary / "few.parquet").replace(primary / "customers.parquet")


def _read_parts(log: Path, of: Measurement) -> dict[str, float]:
    """Read the seconds of each part; the rest of the wall time is start and end of the process."""
    said = [line for line in log.read_text().splitlines() if line.startswith(SAID)]
    counted = json.loads(said[-1].removeprefix(SAID))
    return counted | {PYTHON: of.wall - sum(counted.values())}


def _refuse_other_dates(ours: Path) -> None:
    table = DeltaTable(ours / "data" / "test" / "07_model_output" / "churn_scores")
    rows = table.to_pyarrow_table().num_rows
    if rows != SCORED:
        raise SystemExit(f"Found scores of {rows} customers in {ours}: expected {SCORED}.")


def _tabulate_runs(found: dict[str, list[Measurement]]) -> str:
    rows = []
    for name, runs in found.items():
        wall, worked = (median(getattr(run, of) for run in runs) for of in ("wall", "worked"))
        peak = max(run.peak for run in runs)
        rows.append(f"| {name} | {wall:.1f} | {worked:.1f} | {wall - worked:.1f} | {peak:,.0f} |")
    return tabulate(("", "wall s:", "work s:", "start and end s:", "peak MiB:"), rows)


def _compare_wall(found: dict[str, list[Measurement]]) -> Target:
    empty, ours = (median(run.wall for run in found[name]) for name in (EMPTY, OURS))
    return Target(f"Wall time of {OURS}, against {EMPTY}", 1.7, ours / empty)


def _tabulate_parts(parts: dict[str, list[dict[str, float]]]) -> str:
    names = {name for runs in parts.values() for run in runs for name in run}
    seconds = {
        name: [median(run.get(name, 0.0) for run in parts[of]) for of in (EMPTY, OURS)]
        for name in names
    }
    longest = sorted(seconds.items(), key=lambda item: -item[1][1])
    rows = [f"| {name} | {empty:.2f} | {ours:.2f} |" for name, (empty, ours) in longest]
    return tabulate(("where the seconds go", f"{EMPTY} s:", f"{OURS} s:"), rows)


if __name__ == "__main__":
    main()
