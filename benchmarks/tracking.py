"""Measures tracking: `kedro run` with both trackers and with none, and the start of each tracker.

In: a sample operator, made once. Out: a page of medians of separate processes, taken in turn.
Training cannot register a model without MLflow, so both runs end with the metrics.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT
from benchmarks.targets import Target

BOTH, NEITHER = "both trackers", "no trackers"
CUSTOMERS, FEW = 20_000, 2_000  # 20,000 is the default size
REPETITIONS = 5
TRAIN = "--pipelines training --to-nodes evaluation.report_metrics"
LIBRARIES = ("kedro", "kedro-mlflow", "mlflow", "wandb")
COMPARED = """\
For data scientists who ask what tracking costs. Training runs up to its metrics, with MLflow and
offline W&B, and without both, on the same tables of the sample operator at its default size. Both
runs import MLflow, because kedro-mlflow is installed. The import and start of each tracker are
measured in processes that do nothing else, minus the time of an empty Python.

Runs are taken in turn and medians count. *Wall* is the time of the whole process, *work* the time
that Kedro reports for its nodes, including their tracking. *Beyond import and start* is the wall
time with both trackers minus that without, minus import and start of W&B, minus the start of
MLflow."""
STARTS = {
    "import of W&B": "import wandb",
    "import and start of W&B": (
        "import wandb; wandb.init(mode='offline', dir={folder!r}, "
        "settings=wandb.Settings(silent=True)).finish()"
    ),
    "import of MLflow": "import mlflow",
    "import and start of MLflow": (
        "import mlflow; mlflow.set_tracking_uri('sqlite:///{folder}/start.db'); "
        "mlflow.set_experiment('e'); mlflow.start_run(); mlflow.end_run()"
    ),
}


def main() -> None:
    """Make the data, measure in turn, write the page."""
    asked = section_parser(__doc__).parse_args()
    customers, repetitions = (FEW, 1) if asked.small else (CUSTOMERS, REPETITIONS)
    place = Path("data/benchmark") / f"tracking_{customers}"
    shutil.rmtree(PROJECT / place, ignore_errors=True)
    run = f"kedro run --conf-source {place}/conf"
    made = f"{run} --pipelines simulation,ingestion --params simulation.customers={customers}"
    _configure(place, is_tracked=False)
    measure(made, place / "logs" / "data.log")
    found: dict[str, list[Measurement]] = {NEITHER: [], BOTH: []}
    for _ in range(repetitions):
        for name, runs in found.items():
            _configure(place, is_tracked=name == BOTH)
            runs.append(measure(f"{run} {TRAIN}", place / "logs" / f"{name.split()[0]}.log"))
    starts = {name: _time_start(code, place, REPETITIONS) for name, code in STARTS.items()}
    _describe(customers, found, starts, [made, f"{run} {TRAIN}"]).write(report_folder(asked))


def _configure(place: Path, is_tracked: bool) -> None:
    """Write a configuration that differs from the project's only in its folders and trackers."""
    conf = PROJECT / place / "conf"
    shutil.rmtree(conf, ignore_errors=True)
    (conf / "local").mkdir(parents=True)
    (conf / "base").symlink_to(PROJECT / "conf" / "base")
    (conf / "local" / "globals.yml").write_text(f"data: {place}\nmodel_name: benchmark\n")
    silent = "[]" if is_tracked else "[training, simulation, ingestion]"
    (conf / "local" / "mlflow.yml").write_text(
        f"server: {{mlflow_tracking_uri: 'sqlite:///{place}/mlflow.db'}}\n"
        "tracking:\n"
        f"  disable_tracking: {{pipelines: {silent}}}\n"
        "  experiment:\n"
        "    name: benchmark\n"
        f"    create_experiment_kwargs: {{artifact_location: {place}/mlruns}}\n"
        "  params: {dict_params: {flatten: true}, long_params_strategy: tag}\n"
    )
    base = (PROJECT / "conf" / "base" / "wandb.yml").read_text()
    mode = "offline" if is_tracked else "disabled"
    changed = base.replace("mode: auto", f"mode: {mode}") + f"\nfolder: {place}\n"
    (conf / "local" / "wandb.yml").write_text(changed)


def _time_start(code: str, place: Path, repetitions: int) -> float:
    """Return the median time beyond that of an empty Python, in seconds."""
    folder = str(PROJECT / place / "starts")
    Path(folder).mkdir(parents=True, exist_ok=True)
    empty = statistics.median(_time_python("pass") for _ in range(repetitions))
    filled = code.format(folder=folder)
    return statistics.median(_time_python(filled) for _ in range(repetitions)) - empty


def _time_python(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=os.environ)
    return time.perf_counter() - began


def _describe(
    customers: int,
    found: dict[str, list[Measurement]],
    starts: dict[str, float],
    commands: list[str],
) -> Page:
    wall = {name: statistics.median(run.wall for run in runs) for name, runs in found.items()}
    work = {name: statistics.median(run.worked for run in runs) for name, runs in found.items()}
    runs = [f"| {name} | {wall[name]:.2f} | {work[name]:.2f} |" for name in found]
    start = starts["import and start of W&B"]
    start += starts["import and start of MLflow"] - starts["import of MLflow"]
    beyond = wall[BOTH] - wall[NEITHER] - start
    alone = [f"| {name} | {seconds:.2f} |" for name, seconds in starts.items()]
    alone += [f"| a run, beyond import and start | {beyond:.2f} |"]
    shares = {
        "wall time beyond import and start": beyond / wall[NEITHER],
        "work, which excludes imports": work[BOTH] / work[NEITHER] - 1,
    }
    return Page(
        section="tracking",
        title="Tracking",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[
            tabulate((f"{customers:,} customers", "wall s:", "work s:"), runs),
            tabulate(("cost of tracking", "s:"), alone),
        ],
        targets=[
            Target(f"{customers:,} customers: {what}, against no trackers", 5, 100 * share, " %")
            for what, share in shares.items()
        ],
        commands=commands,
        links=(
            "[Tracking](../../concepts/tracking.md)",
            "[Decision 14](../../decisions/0014-tracking.md)",
        ),
    )


if __name__ == "__main__":
    main()
