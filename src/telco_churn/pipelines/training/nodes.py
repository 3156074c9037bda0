"""Splits examples, fits and judges a candidate, packages it.

In: labelled features, parameters, the gate's decision. Out: training_examples, evaluation_metrics,
the packaged model.
"""

from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.fitting import Rows, fit_baseline, fit_churn_model
from telco_churn.model.registered import ModelPackage, Promotion
from telco_churn.parameters import AsOf, DecisionParams, TrainingParams
from telco_churn.pipelines.training.examples import (
    NOT_FEATURES,
    UnfitExamplesError,
    digest_examples,
    read_examples,
    select_rows,
)
from telco_churn.pipelines.training.metrics import average_folds, measure

EXAMPLE_ROWS = 5
METRIC_DECIMALS = 6


def split_by_time(labelled_features: ir.Table, training: TrainingParams) -> ir.Table:
    """Give each snapshot a purpose by its date: train, then calibration, then test.

    Args:
        labelled_features: One row per customer and matured `as_of`.
        training: `split` says how many of the latest snapshots test and calibrate.

    Returns:
        The same rows with `split`.

    Raises:
        UnfitExamplesError: When no snapshot is left to train on.
    """
    split = training.split
    dates = sorted(labelled_features.select("as_of").distinct().to_pyarrow()["as_of"].to_pylist())
    held_out = split.calibration_snapshots + split.test_snapshots
    if len(dates) <= held_out:
        raise UnfitExamplesError(
            f"There are {len(dates)} snapshots, more than {held_out} are needed "
            "(training.split.calibration_snapshots + test_snapshots + 1). Choose a later as_of, "
            "or lower snapshots.every in conf/base/parameters/features.yml."
        )
    test_from, calibration_from = dates[-split.test_snapshots], dates[-held_out]
    return labelled_features.mutate(
        split=ibis.cases(
            (labelled_features.as_of >= test_from, "test"),
            (labelled_features.as_of >= calibration_from, "calibration"),
            else_="train",
        )
    )


def train_candidate(
    training_examples: ir.Table, training: TrainingParams, decision: DecisionParams
) -> tuple[ChurnModel, dict[str, float]]:
    """Fit a model and measure it on rows it was not trained on.

    Examples split by time are judged on their test rows, beside a logistic baseline. Examples in
    folds are judged out of fold, and the model is then fitted on all of them.

    Args:
        training_examples: Features, `churned` and `split`.
        training: The learner and the seed.
        decision: What contacts cost and win.

    Returns:
        The candidate, and its metrics; those of the baseline start with `baseline_`.

    Raises:
        UnfitExamplesError: When a split holds one class only, or too few rows.
    """
    examples = read_examples(training_examples)
    if examples["split"].str.startswith("fold_").any():
        return _cross_validate(examples, training, decision)
    rows = {
        split: select_rows(examples[examples["split"] == split], f"the {split} rows")
        for split in ("train", "calibration", "test")
    }
    candidate = _fit(rows["train"], rows["calibration"], training, decision)
    return candidate, _judge(candidate, rows["train"], rows["test"])


def report_metrics(held_out_metrics: dict[str, float]) -> dict[str, float]:
    """Return the metrics as they are reported: rounded to what their rows can tell."""
    return {name: round(value, METRIC_DECIMALS) for name, value in held_out_metrics.items()}


def package_model(
    candidate: ChurnModel,
    metrics: dict[str, float],
    promotion: dict[str, Any],
    training_examples: ir.Table,
    as_of: AsOf,
) -> ModelPackage:
    """Put the candidate together with what the registry should know of it."""
    examples = read_examples(training_examples)
    features = examples.drop(columns=NOT_FEATURES).head(EXAMPLE_ROWS)
    return ModelPackage(
        model=candidate,
        example=candidate.encoding.as_model_input(features),
        metrics=metrics,
        promotion=Promotion(**promotion),
        facts={
            "as_of": str(as_of),
            "examples": str(len(examples)),
            "learnt_from": str(
                len(examples) - examples["split"].isin(["calibration", "test"]).sum()
            ),
            "examples_digest": digest_examples(examples),
        },
    )


def _fit(
    train: Rows, calibration: Rows, training: TrainingParams, decision: DecisionParams
) -> ChurnModel:
    learner = training.lightgbm
    settings = {
        "objective": "binary",
        "seed": training.seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "num_threads": learner.threads,
        "early_stopping_round": learner.patience,
        **learner.model_dump(exclude={"max_trees", "patience", "threads"}),
    }
    money = Decision(**decision.model_dump())
    return fit_churn_model(train, calibration, settings, learner.max_trees, money)


def _judge(candidate: ChurnModel, train: Rows, test: Rows) -> dict[str, float]:
    ours = measure(test.churned, candidate.predict_probability(test.features))
    baseline = fit_baseline(train).predict_proba(test.features)[:, 1]
    theirs = measure(test.churned, baseline)
    return ours | {f"baseline_{name}": value for name, value in theirs.items()}


def _cross_validate(
    examples: pd.DataFrame, training: TrainingParams, decision: DecisionParams
) -> tuple[ChurnModel, dict[str, float]]:
    folds = []
    for fold in sorted(examples["split"].unique()):
        is_test = examples["split"] == fold
        train = select_rows(examples[~is_test], f"the rows outside {fold}")
        test = select_rows(examples[is_test], f"the rows of {fold}")
        folds.append(_judge(_fit_held_out(train, training, decision), train, test))
    everything = select_rows(examples, "the examples")
    return _fit_held_out(everything, training, decision), average_folds(folds)


def _fit_held_out(rows: Rows, training: TrainingParams, decision: DecisionParams) -> ChurnModel:
    """Fit where there is no time to split by: a random part calibrates."""
    train, calibration = train_test_split(
        np.arange(len(rows.churned)),
        test_size=training.calibration_fraction,
        random_state=training.seed,
        stratify=rows.churned,
    )
    part, held_out = (
        Rows(rows.features.iloc[index], rows.churned[index]) for index in (train, calibration)
    )
    return _fit(part, held_out, training, decision)
