"""Search for better LightGBM parameters with Optuna, and resume a search that was stopped.

In: an objective that fits and returns a loss, a study. Out: the parameters of the best trial.
"""

import hashlib
import json
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import optuna
import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from telco_churn.learning.training_examples import fingerprint_examples
from telco_churn.parameters.lightgbm import LightGBMParams
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.tuning import TuningParams

logger = logging.getLogger(__name__)

CONFIGURED = "configured"  # marks the trial of the configured parameters

Objective = Callable[[LightGBMParams], float]
OpenStudy = Callable[[str], optuna.Study]


@dataclass(frozen=True)
class Search:
    """One of the searches of a run; they share one deadline.

    Attributes:
        study: Stores the trials, including those of earlier runs.
        rows: The rows it is fitted on, for messages: "the train rows".
        left: Number of searches that share the remaining time, including this one.
        deadline: When all searches end, in seconds of `time.monotonic`.
    """

    study: optuna.Study
    rows: str
    left: int
    deadline: float

    @property
    def seconds(self) -> float:
        """Return its time limit in seconds, an equal share of the remaining time."""
        return max(0.0, self.deadline - monotonic()) / self.left

    @property
    def done(self) -> int:
        """Return the number of completed trials."""
        return len(self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))

    @property
    def knows_configuration(self) -> bool:
        """Whether a trial of the configured parameters is complete or waiting."""
        states = (TrialState.COMPLETE, TrialState.WAITING)
        trials = self.study.get_trials(deepcopy=False, states=states)
        return any(CONFIGURED in trial.user_attrs for trial in trials)


def digest_search(
    examples: pd.DataFrame, training: TrainingParams, lightgbm: LightGBMParams, tuning: TuningParams
) -> str:
    """Return a digest of everything that the trials depend on: values, search space, settings.

    The time limit, the number of trials and threads, and `as_of` are left out: a search of the
    same table continues on another day or with more time.
    """
    settings = training.model_dump(include={"seed", "calibration_fraction"}) | {
        "lightgbm": lightgbm.model_dump(exclude={"threads"}),
        "tuning": tuning.model_dump(include={"space"}),
    }
    values = fingerprint_examples(examples.drop(columns="as_of"))
    return hashlib.sha256(f"{values} {json.dumps(settings, sort_keys=True)}".encode()).hexdigest()


def tune(
    objective: Objective, search: Search, start: LightGBMParams, tuning: TuningParams
) -> LightGBMParams:
    """Try parameters until the number of trials or the time limit is reached.

    The configured parameters are tried first, so the best trial is never worse than them on the
    objective.

    Args:
        objective: Takes parameters and returns a loss on rows that the fit did not use.
        search: The study, which stores each trial at once, and the time limit.
        start: The configured parameters.
        tuning: The total number of trials, and the search space.

    Returns:
        The parameters of the best trial; `start` if no trial is complete.
    """
    study, done = search.study, search.done
    if not search.knows_configuration:
        configured = {name: getattr(start, name) for name in _searched(tuning)}
        study.enqueue_trial(configured, user_attrs={CONFIGURED: True})
    if done:
        logger.info("Resumed tuning on %s: %d of %d trials done.", search.rows, done, tuning.trials)
    with warnings.catch_warnings():
        # The configured parameters are tried even if they are outside the search space.
        warnings.filterwarnings("ignore", "Fixed parameter .* is out of range", UserWarning)
        study.optimize(
            lambda trial: objective(_suggest(trial, start, tuning)),
            n_trials=max(tuning.trials - done, 0),
            timeout=search.seconds,
            callbacks=[lambda _, trial: _report(search, trial, tuning)],
        )
    if search.done == 0:
        logger.warning(
            "Tuning on %s ran out of time before its first trial (tuning.minutes = %g for all "
            "searches of a run): the configured parameters are used. Raise tuning.minutes.",
            search.rows,
            tuning.minutes,
        )
        return start
    return _with_found(start, study.best_params)


def _searched(tuning: TuningParams) -> list[str]:
    return [name for name, searched in tuning.space if searched is not None]


def _suggest(trial: optuna.Trial, start: LightGBMParams, tuning: TuningParams) -> LightGBMParams:
    found: dict[str, float] = {}
    for name, searched in tuning.space:
        if searched is None:
            continue
        if LightGBMParams.model_fields[name].annotation is int:
            low, high = int(searched.low), int(searched.high)
            found[name] = trial.suggest_int(name, low, high, log=searched.log)
        else:
            found[name] = trial.suggest_float(name, searched.low, searched.high, log=searched.log)
    return _with_found(start, found)


def _with_found(start: LightGBMParams, found: dict[str, float]) -> LightGBMParams:
    return LightGBMParams.model_validate(start.model_dump() | found)


def _report(search: Search, trial: FrozenTrial, tuning: TuningParams) -> None:
    done = search.done
    seconds = trial.duration.total_seconds() if trial.duration else 0.0
    to_come = tuning.trials * search.left - done
    logger.info(
        "Tuning on %s: trial %d of %d, log loss %.5f, best %.5f, %.1f s, about %.1f minutes left.",
        search.rows,
        done,
        tuning.trials,
        trial.value,
        search.study.best_value,
        seconds,
        max(0.0, min(to_come * seconds, search.deadline - monotonic())) / 60,
    )
