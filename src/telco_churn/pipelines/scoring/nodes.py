"""Predict churn for the active customers of a date, explain the contacts, assemble the scores.

In: customer_features of `as_of`, champion, contacted_customers. Out: churn_predictions,
contact_reasons, churn_scores, computed in Arrow batches when they are written; delivered_scores.
"""

from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from kedro_asof.date_commit import DateCommit
from kedro_asof.engines import map_batches
from kedro_asof.params import AsOf
from kedro_asof.progress import report_progress
from telco_churn.contracts import PREDICTIONS_SCHEMA, REASONS_SCHEMA, SCORES_SCHEMA
from telco_churn.errors import NothingToScoreError
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureMismatchError
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.reasons import ReasonParams
from telco_churn.parameters.scoring import ScoringParams
from telco_churn.pipelines.scoring.batches import Run, run_on_batch
from telco_churn.pipelines.scoring.commit_plan import ScorePlan
from telco_churn.pipelines.scoring.contact_lists import KEY, is_held_out
from telco_churn.pipelines.scoring.unseen_categories import count_customers
from telco_churn.registry.registry_types import ModelVersion, write_promote_command

FOR_REASONS = 2  # divides the batch size: the texts of reasons take more memory than predictions


def predict_churn(
    customer_features: ir.Table,
    champion: ModelVersion,
    as_of: AsOf,
    scoring: ScoringParams,
    decision: DecisionParams,
    score_plan: ScorePlan | None = None,
) -> pa.RecordBatchReader | ir.Table:
    """Predict churn for every customer of one date, in batches.

    A category that was not in the training data counts as missing, and a warning is logged.

    Args:
        customer_features: One row per customer and `as_of`.
        champion: The version that scores.
        as_of: The date to score.
        scoring: `batch_rows` is the number of customers in memory at a time.
        decision: The current costs and value of a contact, instead of those used in training.
        score_plan: Not read; it makes `plan_commit` run first.

    Returns:
        The columns of `ChurnPredictions`: a stream of batches, or an expression if the engine runs
        the model.

    Raises:
        NothingToScoreError: If no customer is active on `as_of`.
        FeatureMismatchError: If the champion reads features that are missing.
    """
    del score_plan
    _check_features(customer_features, champion)
    customers = customer_features.filter(customer_features.as_of == as_of.day)
    count = count_customers(customers, champion)
    if count == 0:
        raise NothingToScoreError(
            f"No active customer in customer_features on {as_of}. Check the tables customers and "
            "cancellations around that date and conf/base/parameters/eligibility.yml, or choose "
            "another as_of."
        )
    model = champion.model.with_decision(Decision(**decision.money))
    predictions = _run(ChurnModel.predict, model, customers, PREDICTIONS_SCHEMA, scoring)
    if not isinstance(predictions, pa.RecordBatchReader):
        return predictions
    return report_progress(predictions, count, "customers scored")


def explain_contacts(
    customer_features: ir.Table,
    contacted_customers: ir.Table,
    champion: ModelVersion,
    as_of: AsOf,
    reasons: ReasonParams,
    scoring: ScoringParams,
) -> pa.RecordBatchReader | ir.Table:
    """Explain in words what raises the score of each contacted customer, or of every customer.

    Args:
        customer_features: One row per customer and `as_of`.
        contacted_customers: The customers to contact, at most the campaign's capacity.
        champion: The version that scored, with its text templates.
        as_of: The date that was scored.
        reasons: `give_to` selects the contacted customers or all.
        scoring: `batch_rows` is the number of customers in memory at a time.

    Returns:
        `customer_id`, `as_of`, and the reasons, each with its feature, value and contribution.
    """
    customers = customer_features.filter(customer_features.as_of == as_of.day)
    count = None
    if reasons.give_to == "contacted":
        # The contacts are read into memory, because the features may be in a warehouse.
        contacts = contacted_customers.to_pyarrow()
        customers, count = customers.semi_join(ibis.memtable(contacts), KEY), len(contacts)
    smaller = scoring.model_copy(update={"batch_rows": -(-scoring.batch_rows // FOR_REASONS)})
    model = champion.model
    explained = _run(ChurnModel.explain, model, customers, REASONS_SCHEMA, smaller)
    if not isinstance(explained, pa.RecordBatchReader):
        return explained
    total = customers.count().to_pyarrow().as_py() if count is None else count
    return report_progress(explained, total, "customers explained")


def assemble_scores(
    churn_predictions: ir.Table,
    contacted_customers: ir.Table,
    contact_reasons: ir.Table,
    champion: ModelVersion,
    score_plan: ScorePlan,
    score_statistics: dict[str, Any],
    score_fingerprint: str,
    decision: DecisionParams,
) -> DateCommit:
    """Join predictions, contacts and reasons into the rows of the date, with their lineage.

    Returns:
        The columns of `ChurnScores` for each of `churn_predictions`, with lineage and the table
        version to replace.
    """
    contacted = contacted_customers.mutate(contact=True)
    scores = churn_predictions.left_join(contacted, KEY).drop("customer_id_right", "as_of_right")
    scores = scores.left_join(contact_reasons, KEY).mutate(
        contact=scores.contact.fill_null(False),
        holdout=is_held_out(scores.customer_id, decision),
        # A literal of text, because an engine would give a number a narrower type.
        model_version=ibis.literal(str(champion.version)).cast("int64"),
        run_id=ibis.literal(champion.run_id),
        scored_at=ibis.literal(score_plan.started_at, "timestamp('UTC', 6)"),
    )
    facts = ("features_digest", "data_fingerprint")
    lineage = score_statistics | {
        "model": champion.name,
        "model_version": champion.version,
        "model_run_id": champion.run_id,
        **{f"model_{fact}": champion.facts.get(fact) for fact in facts},
        "score_fingerprint": score_fingerprint,
        "started_at": score_plan.started_at.isoformat(),
    }
    return DateCommit(scores.select(*SCORES_SCHEMA.names), lineage, score_plan.replaces)


def select_scores(churn_scores: ir.Table, as_of: AsOf) -> ir.Table:
    """Select the committed scores of a date, with the columns of `ChurnScores`."""
    return churn_scores.filter(churn_scores.as_of == as_of.day).select(*SCORES_SCHEMA.names)


def _check_features(customer_features: ir.Table, champion: ModelVersion) -> None:
    lacking = sorted(set(champion.columns) - set(customer_features.columns))
    if lacking:
        raise FeatureMismatchError(
            f"Missing features {lacking}, which champion version {champion.version} reads. Declare "
            "them again in conf/base/parameters/features.yml, or promote a version that does not "
            f"read them: {write_promote_command()}."
        )


def _run(
    run: Run, model: ChurnModel, customers: ir.Table, schema: pa.Schema, scoring: ScoringParams
) -> pa.RecordBatchReader | ir.Table:
    return map_batches(
        customers.select(*KEY, *model.encoding.columns),
        partial(run_on_batch, run=run, model=model, key=KEY, schema=schema),
        schema,
        scoring.batch_rows,
    )
