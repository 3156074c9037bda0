"""Scores of one date, from the file of features to the commit, against what a user would write.

In: the matrix of the training section. Out: a page: rows per second and peak memory of each
contender, all with the same model of 300 trees. Features are those of the sample operator, and
again with a little noise where there are more customers than it has; they are made first.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import mlflow
import pandas as pd

from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT
from benchmarks.targets import Target
from benchmarks.training import CUSTOMERS, FEW, configure, make_examples
from telco_churn.datasets.model_registry import ModelAlias, ModelRegistration
from telco_churn.model.decision import Decision
from telco_churn.model.fitting import Rows, fit_churn_model
from telco_churn.model.registered import (
    NEEDED_FACTS,
    NEEDED_METRICS,
    ModelPackage,
    Promotion,
)

AS_OF = "2026-09-28"
PLACE = Path("data/benchmark/scoring")
NOT_FEATURES = ["customer_id", "as_of", "churned", "split"]
TREES = 300
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "min_child_samples": 40,
    "lambda_l2": 5,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "num_threads": 2,
}
MONEY = Decision(400, 3, 10, 0.3, 0.03, 0.08)
CONTACTED = 0.05
MODELS = (31, 7)  # leaves of each tree: LightGBM's default, the project's
SIZES, SMALL_SIZES = (1_000_000, 10_000_000), (20_000, 100_000)
REPETITIONS = 3  # of the smaller size, of which the median counts; of the larger there is one run
LIMIT, PIPELINE, REASONS = "`booster.predict`", "this pipeline", "this pipeline, reasons for 5 %"
PYFUNC, SHAP = "`mlflow.pyfunc`, one frame", "`booster.predict`, shap for 5 %"
FITS = 4_000_000  # of a frame in pandas here: a million take 2.5 GiB
SHAPED = 20_000  # shap's rate is that of so many rows: all would take an hour


GIB = 1024  # MiB
# What a version has to say of itself to be read; nothing here looks at it.
FACTS = dict.fromkeys(NEEDED_FACTS, "") | {"as_of": AS_OF}
METRICS = dict.fromkeys(NEEDED_METRICS, 0.5)
LIBRARIES = ("kedro", "mlflow", "lightgbm", "duckdb", "deltalake", "pyarrow", "pandas", "shap")
COMPARED = f"""Customers scored for one date by a model of {TREES} trees, of as many leaves as the
table says: 31 are LightGBM's default, 7 the project's.

- *`booster.predict`*: alone, on the same matrix, which is in memory already. Nothing can be
  faster.
- *This pipeline*: its nodes by Kedro's runner, from the file of features to the Delta commit, the
  contract of the features checked anew in each run, one customer contacted. What starts a run is
  on [another page](overhead.md). The fingerprint of the sources is left out, because the
  benchmark begins at the file of features and has none.
- *`mlflow.pyfunc`*: the file read into one pandas frame, predicted by the packaged model without
  reasons, written to a file. Left out above {FITS:,} rows: the frame does not fit into memory
  here.
- *Reasons for 5 %*: three reasons in words for the 5 % who are contacted, by this pipeline; and
  by `shap.TreeExplainer` after `booster.predict`, as values without words. shap's time is that of
  {SHAPED:,} rows, scaled up.

Each run is a process of its own. *Work* leaves out start, imports and configuration."""


@dataclass(frozen=True)
class Setting:
    """What was measured at once: a model and a number of customers."""

    leaves: int
    customers: int


Found = dict[Setting, dict[str, Measurement]]


def main() -> None:
    """Make what is read, measure each contender in a process of its own, write the page."""
    parser = section_parser(__doc__)
    parser.add_argument(
        "--examples", type=Path, help="training_examples.parquet, made when not given"
    )
    parser.add_argument("--leaves", type=int, nargs="+", default=MODELS, help="of each tree")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, help="of the smaller size")
    asked = parser.parse_args()
    examples = asked.examples or make_examples(FEW if asked.small else CUSTOMERS)
    sizes = SMALL_SIZES if asked.small else SIZES
    shutil.rmtree(PROJECT / PLACE, ignore_errors=True)
    for customers in sizes:
        configure(find_place(customers), registry=PLACE)
        make_features(examples, customers)
    found: Found = {}
    for leaves in asked.leaves:
        register_champion(examples, leaves)
        for customers in sizes:
            repetitions = asked.repetitions if customers == SIZES[0] else 1
            found[Setting(leaves, customers)] = _measure_all(customers, repetitions)
    _describe(found, sizes, asked.repetitions).write(report_folder(asked))


def find_place(customers: int) -> Path:
    """The folder of so many customers, from the project's root."""
    return PLACE / str(customers)


def find_features(customers: int) -> Path:
    """The file of features, where the catalog has it."""
    folder = find_place(customers) / "04_feature" / "customer_features" / f"as_of={AS_OF}"
    return folder / "features.parquet"


def register_champion(examples: Path, leaves: int) -> None:
    """Fit a model of exactly 300 trees and make it champion of the benchmark's registry."""
    frame = pd.read_parquet(examples)
    frame = frame.iloc[:: max(1, len(frame) // 100_000)]
    rows = Rows(frame.drop(columns=NOT_FEATURES), frame["churned"].to_numpy())
    settings = SETTINGS | {"num_leaves": leaves, "early_stopping_round": TREES}
    model = fit_churn_model(rows, rows, settings, TREES, MONEY)
    assert model.booster.num_trees() == TREES
    mlflow.set_tracking_uri(f"sqlite:///{PLACE}/mlflow.db")
    if mlflow.get_experiment_by_name("scoring") is None:
        mlflow.create_experiment("scoring", str((PROJECT / PLACE / "mlruns").absolute()))
    mlflow.set_experiment("scoring")
    registration = ModelRegistration(name="benchmark")
    example = model.encoding.as_model_input(rows.features.head(5))
    with mlflow.start_run():
        registration.save(
            ModelPackage(model, example, METRICS, Promotion("champion", (), {}), FACTS, {})
        )
    ModelAlias(name="benchmark", alias="champion").save(registration.load())


def make_features(examples: Path, customers: int) -> None:
    """Write features of so many customers, numbers moved by a millionth towards zero."""
    file = find_features(customers)
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{examples}'").fetchall()
    moved = ", ".join(
        f"{name} * (1 - 1e-6 * random()) AS {name}" if kind == "DOUBLE" else name
        for name, kind, *_ in columns
        if name not in NOT_FEATURES
    )
    duckdb.sql(
        f"COPY (SELECT 'C' || lpad(row_number() OVER ()::VARCHAR, 9, '0') AS customer_id, "
        f"DATE '{AS_OF}' AS as_of, {moved} FROM '{examples}', range(100) LIMIT {customers}) "
        f"TO '{file}' (COMPRESSION zstd)"
    )


def list_commands(customers: int) -> dict[str, str]:
    """The command of each contender."""
    pipeline = f"python -m benchmarks.scoring_pipeline {find_place(customers)}/conf"
    rival = f"python -m benchmarks.scoring_rivals {PLACE} {find_features(customers)}"
    pyfunc = {PYFUNC: f"{rival} pyfunc"} if customers <= FITS else {}
    return {
        LIMIT: f"{rival} booster",
        PIPELINE: f"{pipeline} 1",
        **pyfunc,
        REASONS: f"{pipeline} {round(CONTACTED * customers)}",
        SHAP: f"{rival} shap",
    }


def _measure_all(customers: int, repetitions: int) -> dict[str, Measurement]:
    commands = list_commands(customers)
    runs: dict[str, list[Measurement]] = {name: [] for name in commands}
    for _ in range(repetitions):
        for name, command in commands.items():
            _break_seal(customers)
            log = PLACE / "logs" / f"{customers}_{len(runs[name])}_{command.split()[-1]}.log"
            runs[name].append(measure(command, log))
            if name in (PIPELINE, REASONS) and not any(_list_seals(customers)):
                raise SystemExit(
                    f"{command} did not check the contract of the features; see {log}."
                )
    return {
        name: Measurement(
            wall=median(run.wall for run in of_it),
            worked=median(run.worked for run in of_it),
            peak=max(run.peak for run in of_it),
        )
        for name, of_it in runs.items()
    }


def _list_seals(customers: int) -> Iterator[Path]:
    """What says that the file kept its contract, so that it is not checked again."""
    return find_features(customers).parent.glob(".*.kept")


def _break_seal(customers: int) -> None:
    for seal in _list_seals(customers):
        seal.unlink()


def _describe(found: Found, sizes: tuple[int, ...], repetitions: int) -> Page:
    rows = [
        f"| {at.leaves} | {at.customers:,} | {name} | {run.worked:.1f} | "
        f"{at.customers / run.worked:,.0f} | {measured[LIMIT].worked / run.worked:.2f} | "
        f"{run.peak:,.0f} |"
        for at, measured in found.items()
        for name, run in measured.items()
    ]
    names = ("leaves:", "customers:", "", "work s:", "rows/s:", f"of {LIMIT}'s rate:", "peak MiB:")
    commands = [
        command for customers in sizes for command in ("", *list_commands(customers).values())
    ]
    return Page(
        section="scoring",
        title="Scoring",
        compared=f"{COMPARED} At\n{sizes[0]:,} customers the median of {repetitions} runs counts, "
        "taken in turn, and the largest peak.\nAt the larger size there is one run.",
        libraries=LIBRARIES,
        tables=[tabulate(names, rows)],
        targets=[target for at in found for target in _list_targets(found, at, sizes[0])],
        commands=commands[1:],
    )


def _list_targets(found: Found, at: Setting, smaller: int) -> list[Target]:
    measured, where = found[at], f"{at.customers:,} customers, {at.leaves} leaves"
    worked = {name: run.worked for name, run in measured.items()}
    ratios = [(f"rate, against {LIMIT}", 0.7, worked[LIMIT] / worked[PIPELINE])]
    if PYFUNC in worked:
        ratios.append(("rate, against `mlflow.pyfunc`", 1, worked[PYFUNC] / worked[PIPELINE]))
    ratios.append(
        (f"rate with reasons for 5 %, against {LIMIT}", 0.5, worked[LIMIT] / worked[REASONS])
    )
    targets = [Target(f"{where}: {claim}", limit, ratio, at_least=True)
               for claim, limit, ratio in ratios]  # fmt: skip
    peak = max(measured[PIPELINE].peak, measured[REASONS].peak)
    targets.append(Target(f"{where}: peak memory, with reasons or without", 2, peak / GIB, " GiB"))
    if at.customers == smaller:
        return targets
    before = found[Setting(at.leaves, smaller)]
    return targets + [
        Target(
            f"{where}: peak memory of {name}, against that at {smaller:,}",
            1.2,
            measured[name].peak / before[name].peak,
        )
        for name in (PIPELINE, REASONS)
    ]


if __name__ == "__main__":
    main()
