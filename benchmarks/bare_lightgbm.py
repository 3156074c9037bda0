"""Fits LightGBM alone on the matrix of the training pipeline, as a user would without it.

In: a Parquet file of training examples. Out: the ROC AUC on the test rows and the seconds.
"""

import sys
import time

import lightgbm as lgb
import pandas as pd
from sklearn.metrics import roc_auc_score

NOT_FEATURES = ["customer_id", "as_of", "churned", "split"]
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "min_child_samples": 40,
    "colsample_bytree": 0.6,
    "lambda_l2": 5,
    "early_stopping_round": 50,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 2,
    "seed": 42,
    "verbosity": -1,
}
TREES = 2000


def main(file: str) -> None:
    """Read the examples, fit with early stopping, print the ROC AUC and the seconds."""
    started = time.perf_counter()
    examples = pd.read_parquet(file)
    features = examples.drop(columns=NOT_FEATURES)
    text = features.select_dtypes(exclude="number").columns
    features = features.astype(dict.fromkeys(text, "category"))
    data = {
        split: lgb.Dataset(features[rows], examples["churned"][rows])
        for split in ("train", "calibration")
        for rows in [examples["split"] == split]
    }
    data["calibration"].set_reference(data["train"])
    booster = lgb.train(SETTINGS, data["train"], TREES, valid_sets=[data["calibration"]])
    test = examples["split"] == "test"
    probability = booster.predict(features[test])
    print(f"ROC AUC {roc_auc_score(examples['churned'][test], probability):.4f}")
    print(f"Computed in {time.perf_counter() - started:.2f} sec")


if __name__ == "__main__":
    main(sys.argv[1])
