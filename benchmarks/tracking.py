"""What tracking costs: `kedro run` with both trackers, with none, and what their start takes.

In: `--customers` of a sample operator, made once. Out: a table of medians. Processes are apart and
take turns. Training cannot register a model without MLflow, so both runs end with the metrics.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT

BOTH, NEITHER = "both trackers", "neither"
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
    """Make the data, measure in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--repetitions", type=int, default=5)
    chosen = parser.parse_args()
    place = Path("data/benchmark") / f"tracking_{chosen.customers}"
    run = f"kedro run --conf-source {place}/conf"
    _configure(place, is_tracked=False)
    if not (PROJECT / place / "03_primary").exists():
        made = f"--pipelines simulation,ingestion --params simulation.customers={chosen.customers}"
        measure(f"{run} {made}", place / "logs" / "data.log")
    found: dict[str, list[Measurement]] = {NEITHER: [], BOTH: []}
    for _ in range(chosen.repetitions):
        for name, runs in found.items():
            _configure(place, is_tracked=name == BOTH)
            command = f"{run} --pipelines training --to-nodes evaluation.report_metrics"
            runs.append(measure(command, place / "logs" / f"{name.split()[0]}.log"))
    starts = {name: _time_start(code, place, chosen.repetitions) for name, code in STARTS.items()}
    _report(found, starts)


def _configure(place: Path, is_tracked: bool) -> None:
    """Write a configuration that is the project's own but for where things lie and what tracks."""
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
    """Take the median over an empty Python, in seconds."""
    folder = str(PROJECT / place / "starts")
    Path(folder).mkdir(parents=True, exist_ok=True)
    empty = statistics.median(_time_python("pass") for _ in range(repetitions))
    filled = code.format(folder=folder)
    return statistics.median(_time_python(filled) for _ in range(repetitions)) - empty


def _time_python(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env=os.environ)
    return time.perf_counter() - began


def _report(found: dict[str, list[Measurement]], starts: dict[str, float]) -> None:
    wall = {name: statistics.median(run.wall for run in runs) for name, runs in found.items()}
    work = {name: statistics.median(run.worked for run in runs) for name, runs in found.items()}
    print("\n| | wall s | of work s |\n|---|--:|--:|")
    for name in found:
        print(f"| {name} | {wall[name]:.2f} | {work[name]:.2f} |")
    print("\n| in a process of its own | s |\n|---|--:|")
    for name, seconds in starts.items():
        print(f"| {name} | {seconds:.2f} |")
    share = work[BOTH] / work[NEITHER] - 1
    beyond = wall[BOTH] - wall[NEITHER] - starts["import and start of W&B"]
    print(f"\n{share:+.1%} of the work; {beyond:+.2f} s of wall time beyond W&B's import and start")
    print("MLflow is imported in both: kedro-mlflow is a plugin, disabled or not.")


if __name__ == "__main__":
    main()
