"""Training with all that belongs to it, against LightGBM alone on the same matrix.

In: `--customers`, of a sample operator of 18 months. Out: wall time, time of the work and peak
memory of both, as a table. The matrix is made first and not measured.
"""

import argparse
from pathlib import Path

import duckdb

from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT

PIPELINE, SCRIPT = "this pipeline", "LightGBM alone"
REPETITIONS = 3
FROM = "training.read_examples,release.describe_operator"


def main() -> None:
    """Make the matrix, measure both in turn, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=86_000)
    customers = parser.parse_args().customers
    place = Path("data/benchmark") / f"training_{customers}"
    configure(place)
    run = f"kedro run --conf-source {place}/conf"
    if not (PROJECT / place / "05_model_input").exists():
        made = f"--params simulation.customers={customers} --to-nodes training.split_by_time"
        measure(f"{run} {made}", place / "logs" / "matrix.log")
    examples = place / "05_model_input" / "training_examples.parquet"
    commands = {
        SCRIPT: f"python -m benchmarks.bare_lightgbm {examples}",
        PIPELINE: f"{run} --from-nodes {FROM} --to-nodes release.appoint_champion",
    }
    found: dict[str, list[Measurement]] = {name: [] for name in commands}
    for _ in range(REPETITIONS):
        for name, command in commands.items():
            found[name].append(measure(command, place / "logs" / f"{name.split()[0]}.log"))
    _report(examples, found)


def configure(place: Path) -> None:
    """Write a configuration that is the project's own but for where things lie."""
    conf = PROJECT / place / "conf"
    (conf / "local").mkdir(parents=True, exist_ok=True)
    if not (conf / "base").exists():
        (conf / "base").symlink_to(PROJECT / "conf" / "base")
    (conf / "local" / "globals.yml").write_text(f"data: {place}\nmodel_name: benchmark\n")
    (conf / "local" / "mlflow.yml").write_text(
        f"server: {{mlflow_tracking_uri: 'sqlite:///{place}/mlflow.db'}}\n"
        "tracking: {experiment: {name: benchmark, create_experiment_kwargs: "
        f"{{artifact_location: {place}/mlruns}}}}, params: {{long_params_strategy: truncate}}}}\n"
    )
    (conf / "local" / "wandb.yml").write_text("mode: disabled\nproject: benchmark\n")


def _report(examples: Path, found: dict[str, list[Measurement]]) -> None:
    count = f"SELECT count(*) FROM '{examples}'"
    (rows,) = duckdb.execute(count).fetchone() or (0,)
    print(f"\n{rows:,} training examples; the fastest of {REPETITIONS} runs\n")
    print("| | wall s | of work s | peak MiB |\n|---|--:|--:|--:|")
    fastest = {name: min(runs, key=lambda run: run.worked) for name, runs in found.items()}
    for name, run in fastest.items():
        print(f"| {name} | {run.wall:.1f} | {run.worked:.1f} | {run.peak:,.0f} |")
    ours, theirs = fastest[PIPELINE], fastest[SCRIPT]
    print(f"\nratio {ours.worked / theirs.worked:.2f} of work, {ours.wall / theirs.wall:.2f} wall")


if __name__ == "__main__":
    main()
