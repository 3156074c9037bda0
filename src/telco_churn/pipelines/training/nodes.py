"""Splits examples, fits and judges a candidate, compares it with the champion, packages it.

In: labelled features, parameters, the champion there is. Out: training_examples,
evaluation_metrics, the gate's decision, the packaged model, and the champion from now on.
"""

import hashlib
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from telco_churn.errors import InputError
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import cast_to_signature
from telco_churn.model.fitting import Rows, fit_baseline, fit_churn_model
from telco_churn.model.registered import ModelPackage, ModelVersion, Promotion
from telco_churn.parameters import AsOf, DecisionParams, TrainingParams
from telco_churn.pipelines.training.metrics import average_folds, is_not_worse, measure

NOT_FEATURES = ["customer_id", "as_of", "churned", "split"]
EXAMPLE_ROWS = 5
METRIC_DECIMALS = 6


class UnfitExamplesError(InputError):
    """The examples cannot train or judge a model."""


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
            "or lower snapshots.every_days in conf/base/parameters/features.yml."
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
    examples = _read_examples(training_examples)
    if examples["split"].str.startswith("fold_").any():
        return _cross_validate(examples, training, decision)
    rows = {
        split: _rows(examples[examples["split"] == split], f"the {split} rows")
        for split in ("train", "calibration", "test")
    }
    candidate = _fit(rows["train"], rows["calibration"], training, decision)
    return candidate, _judge(candidate, rows["train"], rows["test"])


def report_metrics(held_out_metrics: dict[str, float]) -> dict[str, float]:
    """Return the metrics as they are reported: rounded to what their rows can tell."""
    return {name: round(value, METRIC_DECIMALS) for name, value in held_out_metrics.items()}


def decide_promotion(
    metrics: dict[str, float],
    training_examples: ir.Table,
    incumbent: ModelVersion | None,
    training: TrainingParams,
    as_of: AsOf,
) -> dict[str, Any]:
    """Compare the candidate with the champion there is, on the same rows.

    A candidate of an earlier date than the champion is never promoted: it was asked for a look
    back. A champion that reads features that nobody makes any more is replaced.

    Returns:
        `standing` (champion or rejected) and `reason`.
    """
    gate = training.gate
    if incumbent is None:
        return {"standing": "champion", "reason": "There was no champion."}
    theirs_as_of = incumbent.facts["as_of"]
    if str(as_of) < theirs_as_of:
        return {
            "standing": "rejected",
            "reason": f"Trained as of {as_of}, before the champion of {theirs_as_of}.",
        }
    examples = _read_examples(training_examples)
    name = f"champion version {incumbent.version}"
    test = examples[examples["split"] == "test"]
    if test.empty:
        if incumbent.facts["examples_digest"] != _digest(examples):
            return {"standing": "champion", "reason": f"The {name} knew other rows or columns."}
        theirs = incumbent.metrics[gate.metric]
    else:
        lacking = sorted(set(incumbent.columns) - set(test.columns))
        if lacking:
            return {
                "standing": "champion",
                "reason": f"The {name} reads features that are no longer made: {lacking}.",
            }
        scores = incumbent.predict(cast_to_signature(test[incumbent.columns]))
        churned = test["churned"].to_numpy(bool)
        theirs = measure(churned, scores["churn_probability"].to_numpy())[gate.metric]
    ours = metrics[gate.metric]
    is_promoted = is_not_worse(gate.metric, ours, theirs, gate.tolerance)
    compared = f"{gate.metric} {ours:.5f}, {name} {theirs:.5f}, on the same rows."
    return {"standing": "champion" if is_promoted else "rejected", "reason": compared}


def package_model(
    candidate: ChurnModel,
    metrics: dict[str, float],
    promotion: dict[str, Any],
    training_examples: ir.Table,
    as_of: AsOf,
) -> ModelPackage:
    """Put the candidate together with what the registry should know of it."""
    examples = _read_examples(training_examples)
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
            "examples_digest": _digest(examples),
        },
    )


def appoint_champion(
    version: ModelVersion, promotion: dict[str, Any], incumbent: ModelVersion | None
) -> ModelVersion:
    """Return the version that the alias stands for from now on."""
    return version if incumbent is None or promotion["standing"] == "champion" else incumbent


def _read_examples(training_examples: ir.Table) -> pd.DataFrame:
    """Read examples in an order that no engine's parallelism changes: LightGBM sees the order."""
    examples: pd.DataFrame = training_examples.order_by(["as_of", "customer_id"]).to_pandas()
    return examples


def _rows(examples: pd.DataFrame, what: str) -> Rows:
    churned = examples["churned"].to_numpy(bool)
    if len(np.unique(churned)) < 2:
        raise UnfitExamplesError(
            f"Of {what}, {churned.sum():,} of {len(churned):,} churned: some that did and some "
            "that did not are needed. Choose a later as_of, more snapshots or a longer "
            "label.horizon_days; on your own table, look at TARGET and POSITIVE."
        )
    return Rows(examples.drop(columns=NOT_FEATURES), churned)


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
        train = _rows(examples[~is_test], f"the rows outside {fold}")
        test = _rows(examples[is_test], f"the rows of {fold}")
        folds.append(_judge(_fit_held_out(train, training, decision), train, test))
    everything = _rows(examples, "the examples")
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


def _digest(examples: pd.DataFrame) -> str:
    """Fingerprint of the columns, which rows there are, what came of them, what each is for.

    Not of the date: the same table looked at tomorrow is the same table.
    """
    key = examples[["customer_id", "churned", "split"]].astype("str")
    columns = ",".join(examples.columns).encode()
    rows = pd.util.hash_pandas_object(key, index=False).to_numpy().tobytes()
    return hashlib.sha256(columns + rows).hexdigest()
