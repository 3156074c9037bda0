"""Scores of one date, from the file of features to the commit, against what a user would write.

In: `--customers`, one number or more. Out: rows per second and peak memory of each contender, all
with the same model of 300 trees, as a table. Features are those of the sample operator, and again
with a little noise where there are more customers than it has; they are made first.
"""

import argparse
import shutil
from pathlib import Path

import duckdb
import mlflow
import pandas as pd

from benchmarks.processes import Measurement, measure
from benchmarks.sample_operator import PROJECT
from benchmarks.training import configure
from telco_churn.datasets.model_registry import ModelAlias, ModelRegistration
from telco_churn.model.decision import Decision
from telco_churn.model.fitting import Rows, fit_churn_model
from telco_churn.model.registered import ModelPackage, Promotion

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
LIMIT = "booster.predict"
FITS = 4_000_000  # of a frame in pandas here: a million take 2.5 GiB
SHAPED = 20_000  # shap's rate is that of so many rows: all would take an hour


def main() -> None:
    """Make what is read, measure each contender in a process of its own, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--leaves", type=int, default=31, help="of each tree")
    parser.add_argument("--examples", type=Path, required=True, help="training_examples.parquet")
    asked = parser.parse_args()
    shutil.rmtree(PLACE, ignore_errors=True)
    configure(PLACE)
    register_champion(asked.examples, asked.leaves)
    print("| customers | contender | of work s | rows/s | x booster.predict | peak MiB |")
    print("|--:|---|--:|--:|--:|--:|")
    for customers in asked.customers:
        _measure_all(asked.examples, customers)


def register_champion(examples: Path, leaves: int) -> None:
    """Fit a model of exactly 300 trees and make it champion of the benchmark's registry."""
    frame = pd.read_parquet(examples).iloc[::10]
    rows = Rows(frame.drop(columns=NOT_FEATURES), frame["churned"].to_numpy())
    settings = SETTINGS | {"num_leaves": leaves, "early_stopping_round": TREES}
    model = fit_churn_model(rows, rows, settings, TREES, MONEY)
    assert model.booster.num_trees() == TREES
    mlflow.set_tracking_uri(f"sqlite:///{PLACE}/mlflow.db")
    place = str((PROJECT / PLACE / "mlruns").absolute())
    mlflow.set_experiment(experiment_id=mlflow.create_experiment("scoring", place))
    registration = ModelRegistration(name="benchmark")
    example = model.encoding.as_model_input(rows.features.head(5))
    with mlflow.start_run():
        registration.save(
            ModelPackage(model, example, {}, Promotion("champion", (), {}), {"as_of": AS_OF}, {})
        )
    ModelAlias(name="benchmark", alias="champion").save(registration.load())


def make_features(examples: Path, customers: int) -> Path:
    """Write features of so many customers, numbers moved by a millionth."""
    file = PLACE / f"{customers}" / "customer_features" / f"as_of={AS_OF}" / "features.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    columns = duckdb.sql(f"DESCRIBE SELECT * FROM '{examples}'").fetchall()
    moved = ", ".join(
        f"{name} * (1 + 1e-6 * random()) AS {name}" if kind == "DOUBLE" else name
        for name, kind, *_ in columns
        if name not in NOT_FEATURES
    )
    duckdb.sql(
        f"COPY (SELECT 'C' || lpad(row_number() OVER ()::VARCHAR, 9, '0') AS customer_id, "
        f"DATE '{AS_OF}' AS as_of, {moved} FROM '{examples}', range(100) LIMIT {customers}) "
        f"TO '{file}' (COMPRESSION zstd)"
    )
    return file


def _measure_all(examples: Path, customers: int) -> None:
    features = make_features(examples, customers)
    contacted = round(CONTACTED * customers)
    pipeline = f"python -m benchmarks.scoring_pipeline {PLACE} {features}"
    rival = f"python -m benchmarks.scoring_rivals {PLACE} {features}"
    commands = {
        LIMIT: f"{rival} booster",
        "this pipeline": f"{pipeline} 1",
        **({"mlflow.pyfunc, one frame": f"{rival} pyfunc"} if customers <= FITS else {}),
        "this pipeline, reasons for 5 %": f"{pipeline} {contacted}",
        "booster.predict, shap for 5 %": f"{rival} shap",
    }
    found: dict[str, Measurement] = {}
    for name, command in commands.items():
        for kept in features.parent.glob(".*.kept"):  # the contract is checked in each run
            kept.unlink()
        found[name] = measure(command, PLACE / "logs" / f"{customers}_{name.split(',')[0]}.log")
        rate = customers / found[name].worked
        share = found[LIMIT].worked / found[name].worked
        print(
            f"| {customers:,} | {name} | {found[name].worked:.1f} | {rate:,.0f} | {share:.2f} | "
            f"{found[name].peak:,.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
