"""Measures reasons per second: this project, LightGBM itself and shap.

In: nothing; rows are generated. Out: a page with rows per second of each, for a booster with
numbers (some missing) and categories, and for one with numbers only, which shap's own code needs.
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
SHAP_ITSELF = "shap's own code"
CONTRIBUTIONS, WORDS = "this project, contributions", "this project, reasons in words"
LIBRARIES = ("lightgbm", "shap", "pandas", "numpy")
COMPARED = f"""\
For data scientists who explain many customers. Exact path-dependent SHAP values are computed for a
booster of {TREES} trees on {NUMBERS + CATEGORIES} features, on {THREADS} threads. One model has
numbers (some missing) and categories, the other only numbers. Each has 7 leaves per tree, the
project's default, or 31, LightGBM's default.

- *This project, contributions* are these SHAP values.
- *This project, reasons in words* is all that scoring does with them: it selects three and writes
  them as sentences.
- *`shap.TreeExplainer`* calls `pred_contrib` for a LightGBM booster.
- *shap's own code* is the code that it uses for other boosters. It misreads categorical splits.

A contender whose values differ from `pred_contrib` by more than {TOLERANCE:g} is left out. Each
contender is warmed up first, which excludes tables that are made once per process. The median of
{REPETITIONS} runs counts. Slower contenders get fewer of the same rows, because a rate does not
depend on their number."""

Explain = Callable[[pd.DataFrame], object]


@dataclass(frozen=True)
class Contender:
    """A function to measure, and its number of rows."""

    name: str
    explain: Explain
    rows: int


@dataclass(frozen=True)
class Rate:
    """The speed of a contender, and its number of rows."""

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
    names = ("features", "leaves:", "", "rows:", "rows/s:", "against `pred_contrib`:")
    Page(
        section="reasons",
        title="Reasons",
        compared=COMPARED,
        libraries=LIBRARIES,
        tables=[tabulate(names, lines)],
        targets=targets,
        commands=["python -m benchmarks.reasons" + " --small" * asked.small],
        links=(
            "[Write reasons](../../how-to/write-reasons.md)",
            "[Decision 18](../../decisions/0018-shapley-values-by-quadrature.md)",
        ),
    ).write(report_folder(asked))


def make_rows(seed: int, rows: int, categories: int) -> Rows:
    """Generate numbers, a third of which may be missing, and categories."""
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
    """Measure all contenders on one model; return the reason for each that is left out."""
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
        except Exception as error:  # the page reports any error of a library
            found[contender.name] = f"left out: {str(error)[:60]}"
        print(f"{categories} categories, {leaves} leaves: {contender.name}: "
              f"{found[contender.name]}", flush=True)  # fmt: skip
    return found


def _tell(rates: dict[str, Rate | str]) -> list[str]:
    """Return the last columns of the rows of one model."""
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
        raise SystemExit(f"Cannot compare reasons in words, {model}: {ours}.")
    return [
        Target(
            f"{model}: reasons in words, against {baseline}",
            5,
            ours.per_second / theirs.per_second,
            at_least=True,
        )
        for baseline in (LIGHTGBM, TREE_EXPLAINER, SHAP_ITSELF)
        if isinstance(theirs := rates[baseline], Rate)
    ]


def _refuse_difference(contender: Contender, model: ChurnModel, features: pd.DataFrame) -> None:
    """Raise if a contender computes other values; reasons in words use the same contributions."""
    found = contender.explain(features)
    if contender.explain == model.explain:
        return
    expected = np.asarray(_ask_lightgbm(model, features))[:, : features.shape[1]]
    array = np.asarray(found)[:, : features.shape[1]]
    difference = np.abs(array - expected).max()
    if not difference <= TOLERANCE:
        raise ValueError(f"differs from pred_contrib by {difference:.2g}")


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
    """Make shap compute the values: for a LightGBM model it would only call pred_contrib."""
    explainer = shap.TreeExplainer(model.scorer.booster, feature_perturbation="tree_path_dependent")
    if explainer.model.trees is None:
        raise ValueError("cannot read categorical splits")
    explainer.model.model_type = "internal"
    return explainer.shap_values(model.encoding.encode(frame), check_additivity=False)


def _measure(explain: Explain, features: pd.DataFrame) -> float:
    """Return rows per second, the median of some runs."""
    seconds = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        explain(features)
        seconds.append(time.perf_counter() - started)
    return len(features) / median(seconds)


if __name__ == "__main__":
    main()
