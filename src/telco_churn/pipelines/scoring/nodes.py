"""Gives every active customer of one date a score, and whom to call a reason.

In: customer_features of `as_of`, the champion, the time. Out: churn_predictions, who is contacted,
contact_reasons, churn_scores; computed in Arrow batches by whoever writes them.
"""

from datetime import datetime
from functools import partial

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from telco_churn.contracts import PREDICTIONS_SCHEMA, REASONS_SCHEMA, SCORES_SCHEMA
from telco_churn.engines import map_batches
from telco_churn.errors import InputError
from telco_churn.model.batches import Run, run_on_batch
from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.decision import Decision
from telco_churn.model.encoding import FeatureMismatchError
from telco_churn.model.registered import ModelVersion
from telco_churn.parameters import AsOf, DecisionParams, ReasonParams, ScoringParams

KEY = ["customer_id", "as_of"]


class NothingToScoreError(InputError):
    """There is no champion, or no customer on the date."""


def predict_churn(
    customer_features: ir.Table,
    champion_model: ModelVersion | None,
    as_of: AsOf,
    scoring: ScoringParams,
    decision: DecisionParams,
) -> pa.RecordBatchReader | ir.Table:
    """Predict churn of every customer of one date, a batch at a time.

    Args:
        customer_features: One row per customer and `as_of`.
        champion_model: Resolved once: promoting another during the run changes nothing in it.
        as_of: The morning to score.
        scoring: `batch_rows`, how many customers are in memory at a time.
        decision: What contacts cost and win today, whatever it was when the model was trained.

    Returns:
        The columns of `ChurnPredictions`: a stream, or an expression where the engine runs the
        model.

    Raises:
        NothingToScoreError: When there is no champion, or no customer is active on `as_of`.
        FeatureMismatchError: When the champion reads features that are not there.
    """
    if champion_model is None:
        raise NothingToScoreError(
            "There is no champion to score with. Run `kedro run --pipelines training` first."
        )
    _check_features(customer_features, champion_model)
    customers = customer_features.filter(customer_features.as_of == as_of.day)
    if customers.limit(1).count().execute() == 0:
        raise NothingToScoreError(
            f"customer_features has no customer who is active on {as_of}. Look at customers and "
            "cancellations around that date and at eligibility in "
            "conf/base/parameters/features.yml, or choose another as_of."
        )
    model = champion_model.model.with_decision(Decision(**decision.money))
    return _run(ChurnModel.predict, model, customers, PREDICTIONS_SCHEMA, scoring)


def choose_contacts(churn_predictions: ir.Table, decision: DecisionParams) -> ir.Table:
    """Choose who is contacted: who is worth more than it costs, best first, while there are calls.

    Args:
        churn_predictions: With `expected_value`.
        decision: `campaign_capacity`, how many can be contacted.

    Returns:
        `customer_id`, `as_of` of those.
    """
    worth = churn_predictions.filter(churn_predictions.expected_value > 0)
    best_first = worth.order_by(worth.expected_value.desc(), worth.customer_id)
    return best_first.limit(decision.campaign_capacity).select(*KEY)


def explain_contacts(
    customer_features: ir.Table,
    contacted_customers: ir.Table,
    champion_model: ModelVersion,
    as_of: AsOf,
    reasons: ReasonParams,
    scoring: ScoringParams,
) -> pa.RecordBatchReader | ir.Table:
    """Say in words what raises the score of each customer who is contacted, or of all.

    Args:
        customer_features: What the champion reads.
        contacted_customers: Who is contacted; no more than the campaign can call.
        champion_model: The model, with its templates.
        as_of: The morning that was scored.
        reasons: `give_to` says whom.
        scoring: `batch_rows`.

    Returns:
        `customer_id`, `as_of`, the reasons, and beside each its feature, value and contribution.
    """
    customers = customer_features.filter(customer_features.as_of == as_of.day)
    if reasons.give_to == "contacted":
        # In memory, because features may lie in a warehouse and the contacts do not.
        customers = customers.semi_join(ibis.memtable(contacted_customers.to_pyarrow()), KEY)
    return _run(ChurnModel.explain, champion_model.model, customers, REASONS_SCHEMA, scoring)


def assemble_scores(
    churn_predictions: ir.Table,
    contacted_customers: ir.Table,
    contact_reasons: ir.Table,
    champion_model: ModelVersion,
    clock: datetime,
) -> ir.Table:
    """Put together what is committed.

    Returns:
        The columns of `ChurnScores`, one row for each of `churn_predictions`.
    """
    contacted = contacted_customers.mutate(contact=True)
    scores = churn_predictions.left_join(contacted, KEY).drop("customer_id_right", "as_of_right")
    scores = scores.left_join(contact_reasons, KEY).mutate(
        contact=scores.contact.fill_null(False),
        model_version=ibis.literal(champion_model.version, "int64"),
        run_id=ibis.literal(champion_model.run_id),
        scored_at=ibis.literal(clock, "timestamp('UTC', 6)"),
    )
    return scores.select(*SCORES_SCHEMA.names)


def _check_features(customer_features: ir.Table, champion: ModelVersion) -> None:
    lacking = sorted(set(champion.columns) - set(customer_features.columns))
    if lacking:
        raise FeatureMismatchError(
            f"The champion, version {champion.version}, reads features that are not made: "
            f"{lacking}. Make them again in conf/base/parameters/features.yml, or promote a "
            "version that does without them: kedro run --pipelines promote --params version=N."
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
