"""The search for better parameters: kept trial by trial, gone on with, ended by the clock."""

from pathlib import Path

import optuna
import pytest
from pydantic import ValidationError

from telco_churn.datasets.tuning_studies import TuningStudies
from telco_churn.parameters import LightGBMParams, TuningParams
from telco_churn.pipelines.training.tuning import tune
from tests.conftest import read_parameters

START = LightGBMParams(**read_parameters("training")["lightgbm"])


def tuning(**changes: object) -> TuningParams:
    return TuningParams(**(read_parameters("training")["tuning"] | changes))


def loss(tried: LightGBMParams) -> float:
    """Lowest at a learning rate of 0.1 and 20 leaves."""
    return abs(tried.learning_rate - 0.1) + abs(tried.num_leaves - 20) / 100


class KilledError(Exception):
    pass


def kill_after(trials: int) -> object:
    seen = []

    def lose(tried: LightGBMParams) -> float:
        seen.append(tried)
        if len(seen) > trials:
            raise KilledError
        return loss(tried)

    return lose


@pytest.fixture
def studies(tmp_path: Path) -> TuningStudies:
    return TuningStudies(filepath=str(tmp_path / "deep" / "studies.log"), seed=1)


def test_the_best_trial_is_found_and_is_no_worse_than_the_start(studies: TuningStudies) -> None:
    best = tune(loss, studies.load()("a"), START, tuning(trials=25))
    assert loss(best) < loss(START) / 2
    assert best.max_trees == START.max_trees


def test_the_first_trial_is_the_configuration(studies: TuningStudies) -> None:
    best = tune(loss, studies.load()("a"), START, tuning(trials=1))
    assert best == START


def test_a_search_that_was_killed_goes_on_where_it_stopped(studies: TuningStudies) -> None:
    with pytest.raises(KilledError):
        tune(kill_after(6), studies.load()("a"), START, tuning(trials=10))
    tried: list[LightGBMParams] = []

    def lose(params: LightGBMParams) -> float:
        tried.append(params)
        return loss(params)

    tune(lose, studies.load()("a"), START, tuning(trials=10))
    assert len(tried) == 4
    rates = [trial.params["learning_rate"] for trial in _completed(studies.load()("a"))]
    assert len(set(rates)) == 10


def test_a_search_that_is_done_is_not_made_again(studies: TuningStudies) -> None:
    first = tune(loss, studies.load()("a"), START, tuning(trials=5))
    again = tune(kill_after(0), studies.load()("a"), START, tuning(trials=5))
    assert again == first


def test_other_examples_are_another_search(studies: TuningStudies) -> None:
    tune(loss, studies.load()("a"), START, tuning(trials=3))
    assert studies.load()("b").trials == []


def test_no_trial_starts_after_the_time_is_over(studies: TuningStudies) -> None:
    tune(loss, studies.load()("a"), START, tuning(trials=500, minutes=0.01))
    assert 0 < len(_completed(studies.load()("a"))) < 500


def test_what_the_space_leaves_out_keeps_its_value(studies: TuningStudies) -> None:
    space = {"num_leaves": {"low": 4, "high": 40}}
    best = tune(loss, studies.load()("a"), START, tuning(trials=8, space=space))
    assert best.model_dump(exclude={"num_leaves"}) == START.model_dump(exclude={"num_leaves"})


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"num_leaves": {"low": 9, "high": 4}}, "must be below high"),
        ({"lambda_l2": {"low": 0, "high": 4, "log": True}}, "above 0 where log"),
        ({"num_leafs": {"low": 4, "high": 9}}, "Extra inputs"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(space: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        tuning(space=space)


def _completed(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
