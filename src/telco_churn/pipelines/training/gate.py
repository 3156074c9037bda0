"""Decides whether a candidate becomes the champion.

In: the candidate's metrics, the examples, the champion there is. Out: a standing with its reason,
and the version that the alias stands for from now on.
"""

from typing import Any

import ibis.expr.types as ir

from telco_churn.model.encoding import cast_to_signature
from telco_churn.model.registered import ModelVersion
from telco_churn.parameters import AsOf, TrainingParams
from telco_churn.pipelines.training.examples import digest_examples, read_examples
from telco_churn.pipelines.training.metrics import is_not_worse, measure


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
    examples = read_examples(training_examples)
    name = f"champion version {incumbent.version}"
    test = examples[examples["split"] == "test"]
    if test.empty:
        if incumbent.facts["examples_digest"] != digest_examples(examples):
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


def appoint_champion(
    version: ModelVersion, promotion: dict[str, Any], incumbent: ModelVersion | None
) -> ModelVersion:
    """Return the version that the alias stands for from now on."""
    return version if incumbent is None or promotion["standing"] == "champion" else incumbent
