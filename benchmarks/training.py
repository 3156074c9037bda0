"""Training with all that belongs to it, against LightGBM alone on the same matrix.

In: a sample operator of 18 months, made first and not measured. Out: a page: wall time, time of the
work and peak memory of both.
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
COMPARED = f"""A LightGBM script ([bare_lightgbm.py](../../../benchmarks/bare_lightgbm.py)), which
reads the matrix of examples, fits the same settings with early stopping and judges by ROC AUC,
against this pipeline on the same matrix, from reading it to the appointed champion: leak alarm,
candidate and three rivals, calibration, metrics with bootstrap intervals, slices, plots, model
card, package, gate.

Each run is a process of its own, taken in turn; of {REPETITIONS} runs the fastest counts. *Wall*
is all of it. *Work* leaves out start and imports, and is what the process says itself. W&B is
off, MLflow on. Making the operator and the matrix is not measured."""


def main() -> None:
    """Make the matrix, measure both in turn, write the page."""
    parser = section_parser(__doc__)
    parser.add_argument("--keep", action="store_true", help="take the matrix that is there")
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
    """The folder of an operator to train on, from the project's root."""
    return Path("data/benchmark") / f"training_{customers}"


def make_examples(customers: int) -> Path:
    """Make the matrix of examples of so many customers, unless it is there."""
    place = find_place(customers)
    configure(place)
    examples = place / "05_model_input" / "training_examples.parquet"
    if not (PROJECT / examples).exists():
        measure(_matrix_command(customers), place / "logs" / "matrix.log")
    return examples


def configure(place: Path, registry: Path | None = None) -> None:
    """Write a configuration that is the project's own but for where things lie.

    Args:
        place: The folder of the data and of the configuration.
        registry: The folder of MLflow's store, when it is not the same.
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
                (f"{rows:,} examples", "wall s:", "work s:", "work, to LightGBM's:", "peak MiB:"),
                lines,
            )
        ],
        targets=[Target(against, 1.5, ours.worked / theirs.worked)],
        commands=commands,
    )


if __name__ == "__main__":
    main()
