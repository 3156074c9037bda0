"""How many customers a second get their reasons: here, by LightGBM itself, by shap.

In: `--rows` for us; the slower ones get fewer of the same rows. Out: a table of rows per second, of
the same booster with numbers that may be missing and categories, and of one with numbers alone,
since shap's own code refuses categories. Each is warmed up first; the median of three runs counts.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import shap

from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.fitting import Rows, fit_churn_model

TREES = 300
THREADS = 2
LEAVES = (7, 31)  # the project's default, LightGBM's
NUMBERS, CATEGORIES, LEVELS = 42, 7, 6  # about as many as the default features
TRAINING_ROWS = 60_000
REPETITIONS = 3
WARM_UP_ROWS = 200
TOLERANCE = 1e-5
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.05,
    "min_child_samples": 40,
    "colsample_bytree": 0.6,
    "lambda_l2": 5,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
    "num_threads": THREADS,
}
MONEY = Decision(400, 3, 10, 0.3, 0.03, 0.08)

Explain = Callable[[pd.DataFrame], object]


@dataclass(frozen=True)
class Contender:
    """Who is measured, and on how many rows."""

    name: str
    explain: Explain
    rows: int


def main() -> None:
    """Measure each contender on each model, print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="for us")
    rows = parser.parse_args().rows
    print("| features | leaves | contender | rows | rows/s | x pred_contrib |")
    print("|---|--:|---|--:|--:|--:|", flush=True)
    for categories in (CATEGORIES, 0):
        for leaves in LEAVES:
            _measure_model(categories, leaves, rows)


def make_rows(seed: int, rows: int, categories: int) -> Rows:
    """Make numbers, a third of which may be missing, and categories."""
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(rows, NUMBERS))
    known = numbers.copy()
    numbers[:, ::3][rng.random((rows, NUMBERS // 3)) < 0.2] = np.nan
    frame = pd.DataFrame(numbers, columns=[f"number_{i}" for i in range(NUMBERS)])
    codes = rng.integers(0, LEVELS, (rows, categories))
    names = {f"category_{i}": pd.array([f"v{code}" for code in codes[:, i]], dtype="str")
             for i in range(categories)}  # fmt: skip
    raw = 0.8 * known[:, 0] + 0.12 * known[:, 3:20].sum(axis=1) - 2
    for column in codes.T[:2]:
        raw += 0.7 * (column == 1) + 0.5 * known[:, 1] * (column == 2)
    churned = rng.random(rows) < 1 / (1 + np.exp(-raw))
    return Rows(frame.assign(**names), churned)


def _measure_model(categories: int, leaves: int, rows: int) -> None:
    train = make_rows(1, TRAINING_ROWS, categories)
    model = fit_churn_model(
        train, make_rows(2, 5_000, categories), SETTINGS | {"num_leaves": leaves}, TREES, MONEY
    )
    features = make_rows(3, rows, categories).features
    kind = "numbers and categories" if categories else "numbers"
    rates: dict[str, float] = {}
    for contender in _list_contenders(model, leaves, rows):
        asked = features.head(contender.rows)
        try:
            _refuse_difference(contender, model, asked.head(WARM_UP_ROWS))
            rates[contender.name] = _measure(contender.explain, asked)
        except Exception as error:  # whatever a library refuses with is reported
            print(f"| {kind} | {leaves} | {contender.name} | left out: {str(error)[:60]} | | |")
            continue
        ratio = rates[contender.name] / rates["LightGBM pred_contrib"]
        print(
            f"| {kind} | {leaves} | {contender.name} | {len(asked):,} | "
            f"{rates[contender.name]:,.0f} | {ratio:.1f} |",
            flush=True,
        )


def _refuse_difference(contender: Contender, model: ChurnModel, features: pd.DataFrame) -> None:
    """Let nobody be fast who says something else; words are told from the same contributions."""
    found = contender.explain(features)
    if contender.explain == model.explain:
        return
    expected = np.asarray(_ask_lightgbm(model, features))[:, : features.shape[1]]
    array = np.asarray(found)[:, : features.shape[1]]
    difference = np.abs(array - expected).max()
    if not difference <= TOLERANCE:
        raise ValueError(f"it differs from pred_contrib by {difference:.2g}")


def _list_contenders(model: ChurnModel, leaves: int, rows: int) -> list[Contender]:
    few = 10_000 if leaves == LEAVES[0] else 1_000
    return [
        Contender("LightGBM pred_contrib", lambda frame: _ask_lightgbm(model, frame), few),
        Contender("shap.TreeExplainer", lambda frame: _ask_shap(model, frame), few),
        Contender("shap's own code", lambda frame: _ask_shap_itself(model, frame), few),
        Contender("contributions, here", model.contributions, rows),
        Contender("reasons in words, here", model.explain, rows),
    ]


def _ask_lightgbm(model: ChurnModel, frame: pd.DataFrame) -> Any:
    matrix = model.encoding.encode(frame)
    return model.booster.predict(matrix, pred_contrib=True, num_threads=THREADS)


def _ask_shap(model: ChurnModel, frame: pd.DataFrame) -> object:
    explainer = shap.TreeExplainer(model.booster, feature_perturbation="tree_path_dependent")
    return explainer.shap_values(model.encoding.encode(frame))


def _ask_shap_itself(model: ChurnModel, frame: pd.DataFrame) -> object:
    """Have shap compute: for a model of LightGBM's it would only call pred_contrib."""
    explainer = shap.TreeExplainer(model.booster, feature_perturbation="tree_path_dependent")
    if explainer.model.trees is None:
        raise ValueError("its own code reads no categorical splits")
    explainer.model.model_type = "internal"
    return explainer.shap_values(model.encoding.encode(frame), check_additivity=False)


def _measure(explain: Explain, features: pd.DataFrame) -> float:
    """Rows per second, the median of some runs."""
    seconds = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        explain(features)
        seconds.append(time.perf_counter() - started)
    return len(features) / median(seconds)


if __name__ == "__main__":
    main()
