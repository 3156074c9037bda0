"""Trains and scores a flat table with pandas and LightGBM, as a user would without this project.

In: a CSV file and the file of the scores. Out: the ROC AUC of a cross-validation, and the seconds.
"""

import sys
import time

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split

from benchmarks.bare_lightgbm import SETTINGS, TREES

FOLDS, SEED = 5, 42
# LightGBM chooses the layout that is faster for the table.
CHOSEN = {key: value for key, value in SETTINGS.items() if key != "force_row_wise"}


def main(file: str, scores: str) -> None:
    """Read, cross-validate with early stopping, fit on all rows, score all rows."""
    started = time.perf_counter()
    table = pd.read_csv(file)
    clients, churned = table.pop("client"), table.pop("churned") == "Yes"
    text = table.select_dtypes(exclude="number").columns
    features = table.astype(dict.fromkeys(text, "category"))
    held_out, trees = np.zeros(len(features)), []
    for known, unknown in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(
        features, churned
    ):
        fit_on, stop_on = train_test_split(
            known, test_size=0.2, stratify=churned.iloc[known], random_state=SEED
        )
        train = lgb.Dataset(features.iloc[fit_on], churned.iloc[fit_on])
        stop = train.create_valid(features.iloc[stop_on], churned.iloc[stop_on])
        booster = lgb.train(CHOSEN, train, TREES, valid_sets=[stop])
        held_out[unknown] = booster.predict(features.iloc[unknown])
        trees.append(booster.best_iteration)
    settings = {key: CHOSEN[key] for key in CHOSEN if key != "early_stopping_round"}
    final = lgb.train(settings, lgb.Dataset(features, churned), int(np.median(trees)))
    pd.DataFrame({"client": clients, "score": final.predict(features)}).to_parquet(scores)
    print(f"ROC AUC {roc_auc_score(churned, held_out):.4f}")
    print(f"Computed in {time.perf_counter() - started:.2f} sec")


if __name__ == "__main__":
    main(*sys.argv[1:])
