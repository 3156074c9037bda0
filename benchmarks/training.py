"""Measures the training pipeline against LightGBM alone on the same matrix.

In: a sample operator of 18 months, made first and not measured. Out: a page with wall time, work
and peak memory of both.
"""

import shutil
from pathlib import Path

import duckdb

from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT
from benchmarks.targets import Target

PIPELINE, SCRIPT = "this pipeline", "LightGBM alone"
REPETITIONS = 3
CUSTOMERS, FEW = 86_000, 2_000  # 86,000 customers give a million examples
FROM = "training.read_examples,release.describe_operator"
LIBRARIES = ("kedro", "mlflow", "lightgbm", "scikit-learn", "pandas", "numpy")
COMPARED = f"""\
For data scientists who ask what training costs beyond a model fit. A LightGBM script
([bare_lightgbm.py](../../../benchmarks/bare_lightgbm.py)) reads the matrix of training examples,
fits LightGBM with the same settings and early stopping, and computes the ROC AUC. This pipeline
starts from the same matrix and ends with the appointed champion. It adds the leak alarm, three
baselines, calibration, metrics with bootstrap intervals, slices, plots, the model card, the
package and the gate.

Each run is a separate process, and runs are taken in turn. The fastest of {REPETITIONS} runs
counts. *Wall* is the time of the whole process. *Work* excludes start and imports; the process
reports it itself. W&B is off and MLflow is on. Making the operator and the matrix is not
measured."""


def main() -> None:
    """Make the matrix, measure both in turn, write the page."""
    parser = section_parser(__doc__)
    parser.add_argument("--keep", action="store_true", help="reuse an existing matrix")
    asked = parser.parse_args()
    customers = FEW if asked.small else CUSTOMERS
    place = find_place(customers)
    if not asked.keep:
        shutil.rmtree(PROJECT / place, ignore_errors=True)
    examples = make_examples(customers)
    commands = {
        SCRIPT: f"python -m benchmarks.bare_lightgbm {examples}",
        PIPELINE: f"kedro run --conf-source {place}/conf --from-nodes {FROM} "
        "--to-nodes release.appoint_champion",
    }
    found: dict[str, list[Measurement]] = {name: [] for name in commands}
    for _ in range(REPETITIONS):
        for name, command in commands.items():
            found[name].append(measure(command, place / "logs" / f"{name.split()[0]}.log"))
    fastest = {name: min(runs, key=lambda run: run.worked) for name, runs in found.items()}
    made = [_matrix_command(customers), *commands.values()]
    _describe(examples, fastest, made).write(report_folder(asked))


def find_place(customers: int) -> Path:
    """Return the folder of an operator to train on, relative to the project root."""
    return Path("data/benchmark") / f"training_{customers}"


def make_examples(customers: int) -> Path:
    """Make the matrix of examples for a number of customers, unless it exists."""
    place = find_place(customers)
    configure(place)
    examples = place / "05_model_input" / "training_examples.parquet"
    if not (PROJECT / examples).exists():
        measure(_matrix_command(customers), place / "logs" / "matrix.log")
    return examples


def configure(place: Path, registry: Path | None = None) -> None:
    """Write a configuration that differs from the project's only in its folders.

    Args:
        place: The folder of the data and of the configuration.
        registry: The folder of MLflow's store, if it is another one.
    """
    conf, registry = PROJECT / place / "conf", registry or place
    (conf / "local").mkdir(parents=True, exist_ok=True)
    if not (conf / "base").exists():
        (conf / "base").symlink_to(PROJECT / "conf" / "base")
    (conf / "local" / "globals.yml").write_text(f"data: {place}\nmodel_name: benchmark\n")
    (conf / "local" / "mlflow.yml").write_text(
        f"server: {{mlflow_tracking_uri: 'sqlite:///{registry}/mlflow.db'}}\n"
        "tracking: {experiment: {name: benchmark, create_experiment_kwargs: "
        f"{{artifact_location: {registry}/mlruns}}}}, "
        "params: {long_params_strategy: truncate}}\n"
    )
    (conf / "local" / "wandb.yml").write_text("mode: disabled\nproject: benchmark\n")


def _matrix_command(customers: int) -> str:
    return (
        f"kedro run --conf-source {find_place(customers)}/conf "
        f"--params simulation.customers={customers} --to-nodes training.split_by_time"
    )


def _describe(examples: Path, fastest: dict[str, Measurement], commands: list[str]) -> Page:
    (rows,) = duckdb.execute(f"SELECT count(*) FROM '{examples}'").fetchone() or (0,)
    ours, theirs = fastest[PIPELINE], fastest[SCRIPT]
    lines = [
        f"| {name} | {run.wall:.1f} | {run.worked:.1f} | {run.worked / theirs.worked:.2f} x | "
        f"{run.peak:,.0f} |"
        for name, run in fastest.items()
    ]
    against = f"Work at {rows:,} examples, against LightGBM alone"
    return Page(
        section="training",
        title="Training",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[
            tabulate(
                (
                    f"{rows:,} examples",
                    "wall s:",
                    "work s:",
                    "work, against LightGBM:",
                    "peak MiB:",
                ),
                lines,
            )
        ],
        targets=[Target(against, 1.5, ours.worked / theirs.worked)],
        commands=commands,
        links=("[Decision 17](../../decisions/0017-what-training-costs.md)",),
    )


if __name__ == "__main__":
    main()
