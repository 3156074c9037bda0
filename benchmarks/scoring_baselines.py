"""Baselines of the scoring benchmark, and `booster.predict` alone as the upper limit.

In: the folder of a benchmark, the file of features, the name of a baseline. Out: the seconds.
"""

import sys
import time
from collections.abc import Callable

import duckdb
import mlflow
import numpy as np
import pandas as pd
import shap

from benchmarks.scoring_report import CONTACTED, SHAPED
from telco_churn.model.churn_model import ChurnModel

BATCH = 500_000


def predict_matrix(model: ChurnModel, features: str) -> float:
    """Time `booster.predict` alone on a matrix in memory: nothing can be faster."""
    matrix = _read_matrix(model, features)
    started = time.perf_counter()
    model.scorer.booster.predict(matrix, num_threads=2)
    return time.perf_counter() - started


def predict_frame(uri: str, features: str) -> float:
    """Time reading the file into pandas, predicting with MLflow, and writing a file."""
    loaded = mlflow.pyfunc.load_model(uri)
    started = time.perf_counter()
    frame = pd.read_parquet(features)
    model = loaded.unwrap_python_model().model
    asked = model.encoding.as_model_input(frame[model.encoding.columns])
    scores = loaded.predict(asked, params={"reasons": "none"})
    scores.assign(customer_id=frame["customer_id"]).to_parquet(f"{features}.scores")
    return time.perf_counter() - started


def explain_best(model: ChurnModel, features: str) -> float:
    """Time `booster.predict`, then shap on a sample of the best customers, scaled up to all."""
    matrix = _read_matrix(model, features)
    started = time.perf_counter()
    probability = model.scorer.booster.predict(matrix, num_threads=2)
    best = np.argsort(-probability)[: round(CONTACTED * len(matrix))]
    predicted = time.perf_counter() - started
    some = matrix[best[:SHAPED]]
    started = time.perf_counter()
    explainer = shap.TreeExplainer(model.scorer.booster, feature_perturbation="tree_path_dependent")
    explainer.shap_values(some)
    return predicted + (time.perf_counter() - started) * len(best) / len(some)


def _read_matrix(model: ChurnModel, features: str) -> np.ndarray:
    """Encode in batches: a frame of 10,000,000 rows and its matrix do not fit into memory."""
    columns = ", ".join(model.encoding.columns)
    reader = duckdb.sql(f"SELECT {columns} FROM '{features}'").to_arrow_reader(BATCH)
    return np.vstack([model.encoding.encode(batch.to_pandas()) for batch in reader])


def main(place: str, features: str, which: str) -> None:
    """Run one baseline and print its seconds."""
    mlflow.set_tracking_uri(f"sqlite:///{place}/mlflow.db")
    uri = "models:/benchmark@champion"
    model = mlflow.pyfunc.load_model(uri).unwrap_python_model().model
    baselines: dict[str, Callable[[], float]] = {
        "booster": lambda: predict_matrix(model, features),
        "pyfunc": lambda: predict_frame(uri, features),
        "shap": lambda: explain_best(model, features),
    }
    print(f"Computed in {baselines[which]():.2f} sec.")


if __name__ == "__main__":
    main(*sys.argv[1:])
