"""Searches better parameters for LightGBM with Optuna, and goes on where it stopped.

In: rows to learn from, rows to calibrate on, a study. Out: the parameters of its best trial.
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

CONFIGURED = "configured"  # marks the trial of the configuration

Objective = Callable[[LightGBMParams], float]
OpenStudy = Callable[[str], optuna.Study]


@dataclass(frozen=True)
class Search:
    """One of the searches of a run, which have one deadline together.

    Attributes:
        study: Where its trials are kept, those of earlier runs among them.
        rows: What it learns from, in words.
        left: How many searches have the time that is left, this one among them.
        deadline: Of them all, by `time.monotonic`.
    """

    study: optuna.Study
    rows: str
    left: int
    deadline: float

    @property
    def seconds(self) -> float:
        """How long it may take: its share of what is left."""
        return max(0.0, self.deadline - monotonic()) / self.left

    @property
    def done(self) -> int:
        """How many trials came to an end."""
        return len(self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))

    @property
    def knows_configuration(self) -> bool:
        """Whether the configuration was tried to the end, or is about to be."""
        states = (TrialState.COMPLETE, TrialState.WAITING)
        trials = self.study.get_trials(deepcopy=False, states=states)
        return any(CONFIGURED in trial.user_attrs for trial in trials)


def digest_search(
    examples: pd.DataFrame, training: TrainingParams, lightgbm: LightGBMParams, tuning: TuningParams
) -> str:
    """Fingerprint of what the trials of a search follow from: every value, space and settings.

    Not of how long it may last, of threads, nor of the date: `split` says what a date is for, and
    the same table looked at tomorrow is the same table.
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
    """Try combinations until there are enough trials, or the time is over.

    The parameters of the configuration are tried first, so the best is never worse than these on
    the rows that the search looks at.

    Args:
        objective: Takes parameters, gives a loss on rows that were not trained on.
        search: The study; each trial is kept at once.
        start: The parameters of the configuration.
        tuning: How many trials in all, and what is searched.

    Returns:
        The parameters of the best trial.
    """
    study, done = search.study, search.done
    if not search.knows_configuration:
        configured = {name: getattr(start, name) for name in _searched(tuning)}
        study.enqueue_trial(configured, user_attrs={CONFIGURED: True})
    if done:
        logger.info("Tuning on %s goes on: %d of %d trials done", search.rows, done, tuning.trials)
    with warnings.catch_warnings():
        # The configuration is tried even where it lies outside of what is searched.
        warnings.filterwarnings("ignore", "Fixed parameter .* is out of range", UserWarning)
        study.optimize(
            lambda trial: objective(_suggest(trial, start, tuning)),
            n_trials=max(tuning.trials - done, 0),
            timeout=search.seconds,
            callbacks=[lambda _, trial: _report(search, trial, tuning)],
        )
    if search.done == 0:
        logger.warning(
            "Tuning on %s had no time: tuning.minutes = %g, for all searches of a run. "
            "The parameters of the configuration are taken.",
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
        "Tuning on %s: trial %d of %d, log loss %.5f, best %.5f, %.1f s; about %.1f minutes to go",
        search.rows,
        done,
        tuning.trials,
        trial.value,
        search.study.best_value,
        seconds,
        max(0.0, min(to_come * seconds, search.deadline - monotonic())) / 60,
    )
