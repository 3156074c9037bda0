"""The searches of a run: when a search continues an earlier one, and how searches share time."""

from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest

from telco_churn.datasets.tuning_studies import TuningStudies
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.tuning import SearchRange, TuningParams
from telco_churn.pipelines.training import nodes, tuning
from telco_churn.pipelines.training.nodes import fit_candidate
from telco_churn.pipelines.training.tuning import digest_search
from tests.conftest import (
    decision_params,
    evaluation_params,
    lightgbm_params,
    reason_params,
    training_params,
    tuning_params,
)
from tests.pipelines.training.planted_leaks import make_clean_examples

START = lightgbm_params(max_trees=30)
EXAMPLES = make_clean_examples(200, 0.3, seed=1)
SPACE = tuning_params().model_dump()["space"]


def _digest(
    examples: pd.DataFrame = EXAMPLES,
    lightgbm: LightGBMParams = START,
    tuning: TuningParams | None = None,
    **training: Any,
) -> str:
    return digest_search(examples, training_params(**training), lightgbm, tuning or tuning_params())


def _search_in(**space: object) -> TuningParams:
    return tuning_params(space=SPACE | space)


OTHERS: dict[str, dict[str, Any]] = {
    "a value": {"examples": EXAMPLES.assign(region=EXAMPLES["region"].iloc[::-1].to_numpy())},
    "a part": {"examples": EXAMPLES.assign(split="train")},
    "less space": {"tuning": _search_in(num_leaves=None)},
    "a narrower range": {"tuning": _search_in(num_leaves=SearchRange(low=4, high=9))},
    "another scale": {"tuning": _search_in(lambda_l2=SearchRange(low=0.1, high=100))},
    "other values": {"lightgbm": lightgbm_params(max_trees=30, patience=7)},
    "another seed": {"seed": 1},
    "other rows to calibrate on": {"calibration_fraction": 0.4},
}
SAME: dict[str, dict[str, Any]] = {
    "more trials and time": {"tuning": tuning_params(trials=50, minutes=600)},
    "more threads": {"lightgbm": lightgbm_params(max_trees=30, threads=8)},
    "another day": {"examples": EXAMPLES.assign(as_of=EXAMPLES["as_of"] + pd.Timedelta(days=1))},
}


@pytest.fixture
def studies(tmp_path: Path) -> TuningStudies:
    return TuningStudies(filepath=str(tmp_path / "studies.log"), seed=1)


@pytest.mark.parametrize("what", OTHERS)
def test_what_trials_depend_on_makes_another_search(what: str) -> None:
    assert _digest(**OTHERS[what]) != _digest()


@pytest.mark.parametrize("what", SAME)
def test_what_trials_do_not_depend_on_continues_the_same_search(what: str) -> None:
    assert _digest(**SAME[what]) == _digest()


def test_the_same_examples_and_settings_continue_a_search_and_others_start_one(
    studies: TuningStudies, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    _fit_in_folds(studies, trials=2)
    assert caplog.text.count(": trial") == 6
    caplog.clear()
    _fit_in_folds(studies, trials=3)
    assert caplog.text.count("2 of 3 trials done") == 3
    assert caplog.text.count(": trial 3 of 3") == caplog.text.count(": trial") == 3
    caplog.clear()
    space = {"num_leaves": {"low": 4, "high": 9}}
    settings = _fit_in_folds(studies, trials=2, space=space)
    assert caplog.text.count(": trial") == 6
    assert settings == START.model_dump() | {"num_leaves": settings["num_leaves"]}


def test_searches_of_all_folds_share_one_deadline_and_are_named(
    studies: TuningStudies, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, given = [1000.0], []

    def optimize(study: optuna.Study, objective: Any, timeout: float, **options: Any) -> None:
        """Run one trial; in the first search it takes twice the time limit."""
        run(study, objective, **(options | {"n_trials": 1}))
        clock[0] += timeout if given else 2 * timeout
        given.append(timeout)

    run = optuna.Study.optimize
    monkeypatch.setattr(optuna.Study, "optimize", optimize)
    for module in (nodes, tuning):
        monkeypatch.setattr(module, "monotonic", lambda: clock[0])
    caplog.set_level("INFO")
    _fit_in_folds(studies, trials=10, minutes=10)
    assert given == pytest.approx([200, 100, 100])  # of 600 s
    for rows in ("the rows outside fold_1", "the rows outside fold_2", "all rows"):
        assert f"Tuning on {rows}: trial 1 of 10," in caplog.text


def _fit_in_folds(studies: TuningStudies, **changes: object) -> dict[str, object]:
    folds = ["fold_1" if row % 2 else "fold_2" for row in range(len(EXAMPLES))]
    learning = (training_params(), START, tuning_params(**changes))
    others = (evaluation_params(slices=()), decision_params(), reason_params())
    examples = EXAMPLES.assign(split=folds)
    *_, settings = fit_candidate(examples, [], *learning, *others, studies.load())
    return settings
