"""Searches better parameters for LightGBM with Optuna, and goes on where it stopped.

In: rows to learn from, rows to calibrate on, a study. Out: the parameters of its best trial.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

import optuna
from optuna.trial import TrialState

from telco_churn.parameters import LightGBMParams, TuningParams

logger = logging.getLogger(__name__)

Objective = Callable[[LightGBMParams], float]
OpenStudy = Callable[[str], optuna.Study]


def tune(
    objective: Objective, study: optuna.Study, start: LightGBMParams, tuning: TuningParams
) -> LightGBMParams:
    """Try combinations until there are enough trials, or the time is over.

    The parameters of the configuration are the first trial, so the best is never worse than these
    on the rows that the search looks at.

    Args:
        objective: Takes parameters, gives a loss on rows that were not trained on.
        study: With the trials of earlier runs on the same examples; each trial is kept at once.
        start: The parameters of the configuration.
        tuning: How many trials in all, for how long, and what is searched.

    Returns:
        The parameters of the best trial.
    """
    if not study.trials:
        study.enqueue_trial({name: getattr(start, name) for name in _searched(tuning)})
    done = _count_done(study)
    if done:
        logger.info("Tuning goes on: %d of %d trials are done", done, tuning.trials)
    study.optimize(
        lambda trial: objective(_suggest(trial, start, tuning)),
        n_trials=max(tuning.trials - done, 0),
        timeout=timedelta(minutes=tuning.minutes).total_seconds(),
        callbacks=[lambda study, trial: _report(study, trial, tuning)],
    )
    if _count_done(study) == 0:
        logger.warning("Tuning came to no result in %g minutes", tuning.minutes)
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


def _count_done(study: optuna.Study) -> int:
    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))


def _report(study: optuna.Study, trial: optuna.trial.FrozenTrial, tuning: TuningParams) -> None:
    done = _count_done(study)
    seconds = (trial.duration or timedelta()).total_seconds()
    logger.info(
        "Tuning: trial %d of %d, log loss %.5f, best %.5f, %.1f s; about %.1f minutes to go",
        done,
        tuning.trials,
        trial.value,
        study.best_value,
        seconds,
        min((tuning.trials - done) * seconds / 60, tuning.minutes),
    )
