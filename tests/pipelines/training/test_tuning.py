"""The search for better parameters: stored trial by trial, resumed, ended by the time limit."""

from pathlib import Path
from time import monotonic

import optuna
import pytest
from pydantic import ValidationError

from telco_churn.datasets.tuning_studies import TuningStudies
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.pipelines.training.tuning import Search, tune
from tests.conftest import lightgbm_params
from tests.conftest import tuning_params as tuning

START = lightgbm_params()


def loss(tried: LightGBMParams) -> float:
    """Return a loss that is lowest at a learning rate of 0.1 and 20 leaves."""
    return abs(tried.learning_rate - 0.1) + abs(tried.num_leaves - 20) / 100


def search(study: optuna.Study, seconds: float = 60, left: int = 1) -> Search:
    return Search(study, "some rows", left, monotonic() + seconds)


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
    best = tune(loss, search(studies.load()("a")), START, tuning(trials=25))
    assert loss(best) < loss(START) / 2
    assert best.max_trees == START.max_trees


def test_the_first_trial_is_the_configuration(studies: TuningStudies) -> None:
    best = tune(loss, search(studies.load()("a")), START, tuning(trials=1))
    assert best == START


def test_a_search_that_was_killed_resumes_where_it_stopped(studies: TuningStudies) -> None:
    with pytest.raises(KilledError):
        tune(kill_after(6), search(studies.load()("a")), START, tuning(trials=10))
    tried: list[LightGBMParams] = []

    def lose(params: LightGBMParams) -> float:
        tried.append(params)
        return loss(params)

    tune(lose, search(studies.load()("a")), START, tuning(trials=10))
    assert len(tried) == 4
    rates = [trial.params["learning_rate"] for trial in _completed(studies.load()("a"))]
    assert len(set(rates)) == 10


def test_a_search_that_is_done_is_not_made_again(studies: TuningStudies) -> None:
    first = tune(loss, search(studies.load()("a")), START, tuning(trials=5))
    again = tune(kill_after(0), search(studies.load()("a")), START, tuning(trials=5))
    assert again == first


def test_studies_of_two_names_share_no_trial(studies: TuningStudies) -> None:
    tune(loss, search(studies.load()("a")), START, tuning(trials=3))
    assert studies.load()("b").trials == []


def test_no_trial_starts_after_the_time_is_over(studies: TuningStudies) -> None:
    tune(loss, search(studies.load()("a"), seconds=2), START, tuning(trials=5000))
    assert 0 < len(_completed(studies.load()("a"))) < 5000


def test_without_time_left_the_configuration_is_taken(
    studies: TuningStudies, caplog: pytest.LogCaptureFixture
) -> None:
    best = tune(kill_after(0), search(studies.load()("a"), seconds=-1), START, tuning(trials=5))
    assert best == START
    assert (
        "Tuning on some rows ran out of time before its first trial (tuning.minutes = 60"
        in caplog.text
    )


def test_what_the_space_leaves_out_keeps_its_value(studies: TuningStudies) -> None:
    space = {"num_leaves": {"low": 4, "high": 40}}
    best = tune(loss, search(studies.load()("a")), START, tuning(trials=8, space=space))
    assert best.model_dump(exclude={"num_leaves"}) == START.model_dump(exclude={"num_leaves"})


def test_the_configuration_is_tried_though_the_first_trial_was_killed(
    studies: TuningStudies,
) -> None:
    """The configuration has the lowest loss here, and only an enqueued trial tries it."""

    def lose(tried: LightGBMParams) -> float:
        return float(tried != START)

    for killed in (KilledError, KeyboardInterrupt):

        def stop(_: LightGBMParams, error: type[BaseException] = killed) -> float:
            raise error

        with pytest.raises(killed):
            tune(stop, search(studies.load()("a")), START, tuning(trials=4))
    assert tune(lose, search(studies.load()("a")), START, tuning(trials=4)) == START
    assert len(_completed(studies.load()("a"))) == 4


def test_a_configuration_outside_of_the_space_is_tried_all_the_same(studies: TuningStudies) -> None:
    space = {"num_leaves": {"low": 30, "high": 60}}
    tried: list[int] = []

    def lose(params: LightGBMParams) -> float:
        tried.append(params.num_leaves)
        return float(params.num_leaves)

    best = tune(lose, search(studies.load()("a")), START, tuning(trials=15, space=space))
    assert best == START
    assert tried[0] == START.num_leaves
    assert all(30 <= leaves <= 60 for leaves in tried[1:])


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({"num_leaves": {"low": 9, "high": 4}}, "expected a value below high"),
        ({"lambda_l2": {"low": 0, "high": 4, "log": True}}, "above 0 if log is true"),
        ({"num_leafs": {"low": 4, "high": 9}}, "Extra inputs"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(space: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        tuning(space=space)


def _completed(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(states=(optuna.trial.TrialState.COMPLETE,))
