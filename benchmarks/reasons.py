"""How many customers a second get their reasons: here, by LightGBM itself, by shap.

In: nothing; rows are made. Out: a page: rows per second of each, of the same booster with numbers
that may be missing and categories, and of one with numbers alone, since shap's own code refuses
categories.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import pandas as pd
import shap

from benchmarks.page import Page, report_folder, section_parser, tabulate
from benchmarks.targets import Target
from telco_churn.learning.fit_model import fit_churn_model
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.learning.training_examples import Rows
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision

TREES = 300
THREADS = 2
LEAVES = (7, 31)  # the project's default, LightGBM's
NUMBERS, CATEGORIES, LEVELS = 42, 7, 6  # about as many as the default features
TRAINING_ROWS, ROWS, FEW = 60_000, 100_000, 5_000
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

LIGHTGBM, TREE_EXPLAINER = "LightGBM `pred_contrib`", "`shap.TreeExplainer`"
SHAP_ITSELF, CONTRIBUTIONS, WORDS = "shap's own code", "contributions here", "reasons in words here"
LIBRARIES = ("lightgbm", "shap", "pandas", "numpy")
COMPARED = f"""Exact path-dependent SHAP values of a booster of {TREES} trees on {
    NUMBERS + CATEGORIES
} features, on {THREADS} threads, for a model of numbers that may be missing and
categories, and for one of numbers alone; with 7 leaves a tree, the project's default, and with
31, LightGBM's. *Contributions here* are these values, *reasons in words here* all that scoring
does with them: choose three and tell them in words.

For a booster of LightGBM's `shap.TreeExplainer` only calls `pred_contrib`. *shap's own code* is
what it does for other boosters; it misreads categorical splits. Nobody is measured who differs
from `pred_contrib` by more than {TOLERANCE:g}. Each is warmed up first, so tables that are made
once for each process are not in it; of {REPETITIONS} runs the median counts. The slower ones get
fewer of the same rows: a rate does not depend on them."""

Explain = Callable[[pd.DataFrame], object]


@dataclass(frozen=True)
class Contender:
    """Who is measured, and on how many rows."""

    name: str
    explain: Explain
    rows: int


@dataclass(frozen=True)
class Rate:
    """How fast somebody was, on how many rows."""

    rows: int
    per_second: float


def main() -> None:
    """Measure each contender on each model, write the page."""
    asked = section_parser(__doc__).parse_args()
    rows = FEW if asked.small else ROWS
    lines, targets = [], []
    for categories in (CATEGORIES, 0):
        for leaves in LEAVES:
            kind = "numbers and categories" if categories else "numbers"
            rates = _measure_model(categories, leaves, rows)
            lines += [f"| {kind} | {leaves} {row}" for row in _tell(rates)]
            targets += _list_targets(f"{kind}, {leaves} leaves", rates)
    names = ("features", "leaves:", "", "rows:", "rows/s:", "to `pred_contrib`:")
    Page(
        section="reasons",
        title="Reasons",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[tabulate(names, lines)],
        targets=targets,
        commands=["python -m benchmarks.reasons" + " --small" * asked.small],
    ).write(report_folder(asked))


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


def _measure_model(categories: int, leaves: int, rows: int) -> dict[str, Rate | str]:
    """Measure all contenders on one model; of who is left out, say why."""
    train = make_rows(1, min(TRAINING_ROWS, 10 * rows), categories)
    model = fit_churn_model(
        train,
        make_rows(2, 5_000, categories),
        LightGBMLearner(SETTINGS | {"num_leaves": leaves}, TREES),
        MONEY,
    ).model
    features = make_rows(3, rows, categories).features
    found: dict[str, Rate | str] = {}
    for contender in _list_contenders(model, leaves, rows):
        asked = features.head(contender.rows)
        try:
            _refuse_difference(contender, model, asked.head(WARM_UP_ROWS))
            found[contender.name] = Rate(len(asked), _measure(contender.explain, asked))
        except Exception as error:  # whatever a library refuses with is reported
            found[contender.name] = f"left out: {str(error)[:60]}"
        print(f"{categories} categories, {leaves} leaves: {contender.name}: "
              f"{found[contender.name]}", flush=True)  # fmt: skip
    return found


def _tell(rates: dict[str, Rate | str]) -> list[str]:
    """The last columns of the rows of one model."""
    base = rates[LIGHTGBM]
    assert isinstance(base, Rate)
    return [
        f"| {name} | {rate.rows:,} | {rate.per_second:,.0f} | "
        f"{rate.per_second / base.per_second:.1f} x |"
        if isinstance(rate, Rate)
        else f"| {name} | {rate} | | |"
        for name, rate in rates.items()
    ]


def _list_targets(model: str, rates: dict[str, Rate | str]) -> list[Target]:
    ours = rates[WORDS]
    if not isinstance(ours, Rate):
        raise SystemExit(f"Reasons in words, {model}: {ours}")
    return [
        Target(
            f"{model}: reasons in words, against {rival}",
            5,
            ours.per_second / theirs.per_second,
            at_least=True,
        )
        for rival in (LIGHTGBM, TREE_EXPLAINER, SHAP_ITSELF)
        if isinstance(theirs := rates[rival], Rate)
    ]


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
    few = min(10_000 if leaves == LEAVES[0] else 1_000, rows)
    return [
        Contender(LIGHTGBM, lambda frame: _ask_lightgbm(model, frame), few),
        Contender(TREE_EXPLAINER, lambda frame: _ask_shap(model, frame), few),
        Contender(SHAP_ITSELF, lambda frame: _ask_shap_itself(model, frame), few),
        Contender(CONTRIBUTIONS, model.contributions, rows),
        Contender(WORDS, model.explain, rows),
    ]


def _ask_lightgbm(model: ChurnModel, frame: pd.DataFrame) -> Any:
    matrix = model.encoding.encode(frame)
    return model.scorer.booster.predict(matrix, pred_contrib=True, num_threads=THREADS)


def _ask_shap(model: ChurnModel, frame: pd.DataFrame) -> object:
    explainer = shap.TreeExplainer(model.scorer.booster, feature_perturbation="tree_path_dependent")
    return explainer.shap_values(model.encoding.encode(frame))


def _ask_shap_itself(model: ChurnModel, frame: pd.DataFrame) -> object:
    """Have shap compute: for a model of LightGBM's it would only call pred_contrib."""
    explainer = shap.TreeExplainer(model.scorer.booster, feature_perturbation="tree_path_dependent")
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
