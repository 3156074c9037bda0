"""Makes the inputs of the scoring benchmark: a file of features and a champion.

In: the matrix of the training section. Out: features of the sample operator, repeated with a little
noise for more customers than it has; a model of 300 trees under the alias.
"""

from pathlib import Path

import duckdb
import mlflow
import pandas as pd

from benchmarks.sample_operator import PROJECT
from telco_churn.learning.fit_model import fit_churn_model
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.learning.training_examples import Rows
from telco_churn.model.decision import Decision
from telco_churn.registry.model_registry import ModelAlias, ModelRegistration
from telco_churn.registry.registry_types import (
    NEEDED_FACTS,
    Appointment,
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
LEARNT_FROM = 100_000  # rows at most: the quality of the model does not matter here
# A version must have these facts to load; the benchmark does not use them.
FACTS = dict.fromkeys(NEEDED_FACTS, "") | {"as_of": AS_OF, "learnt_from": str(LEARNT_FROM)}


def find_place(customers: int) -> Path:
    """Return the folder for a number of customers, relative to the project root."""
    return PLACE / str(customers)


def find_features(customers: int) -> Path:
    """Return the file of features, at its path in the catalog."""
    folder = find_place(customers) / "04_feature" / "customer_features" / f"as_of={AS_OF}"
    return folder / "features.parquet"


def register_champion(examples: Path, leaves: int, registry: Path = PLACE) -> None:
    """Fit a model of exactly 300 trees and make it the champion in a benchmark's registry.

    Args:
        examples: The training examples.
        leaves: Leaves per tree.
        registry: The folder of MLflow's store, relative to the project root.
    """
    frame = pd.read_parquet(examples)
    frame = frame.iloc[:: max(1, len(frame) // LEARNT_FROM)]
    rows = Rows(frame.drop(columns=NOT_FEATURES), frame["churned"].to_numpy())
    settings = SETTINGS | {"num_leaves": leaves, "early_stopping_round": TREES}
    model = fit_churn_model(rows, rows, LightGBMLearner(settings, TREES), MONEY).model
    assert model.scorer.booster.num_trees() == TREES
    mlflow.set_tracking_uri(f"sqlite:///{registry}/mlflow.db")
    if mlflow.get_experiment_by_name("scoring") is None:
        mlflow.create_experiment("scoring", str((PROJECT / registry / "mlruns").absolute()))
    mlflow.set_experiment("scoring")
    registration = ModelRegistration(
        name="benchmark", filepath=str(PROJECT / registry / ".claims" / "benchmark")
    )
    example = model.encoding.as_model_input(rows.features.head(5))
    with mlflow.start_run():
        registration.save(
            ModelPackage(model, example, {}, Promotion("champion", (), {}), FACTS, {})
        )
    champion = ModelAlias(name="benchmark", alias="champion")
    champion.save(Appointment(registration.load(), champion.load()))


def make_features(examples: Path, customers: int) -> None:
    """Write features for a number of customers, each number moved toward zero by 1e-6 at most."""
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
