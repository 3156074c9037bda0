"""Choose the customers to contact, and write the contact list for callers.

In: churn_predictions and the champion, then churn_scores. Out: contacted_customers, contact_list,
contact_list_csv.
"""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from kedro_asof.params import AsOf
from telco_churn.contracts import CONTACTS_SCHEMA
from telco_churn.learning.weakness import find_weaknesses
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.registry.registry_types import ModelVersion

KEY = ["customer_id", "as_of"]
HEX_DIGITS = 8


def is_held_out(customer_id: ir.StringValue, decision: DecisionParams) -> ir.BooleanValue:
    """Whether a customer is in the holdout, which is never contacted.

    The draw depends only on the id and the holdout's parameters. The first 32 bits of a digest are
    as good as a uniform draw, and equal on every engine.
    """
    limit = f"{round(decision.holdout_fraction * 16**HEX_DIGITS):0{HEX_DIGITS}x}"
    digest = (ibis.literal(f"{decision.holdout_name}/") + customer_id).hexdigest("md5")
    return digest.substr(0, HEX_DIGITS) < limit


def choose_contacts(
    churn_predictions: ir.Table, champion: ModelVersion, decision: DecisionParams
) -> ir.Table:
    """Choose the customers with the highest positive expected value, up to the capacity.

    A model that is too weak to act on chooses no customer, unless `accept_weak_model` is set.

    Args:
        churn_predictions: Predictions with `expected_value`.
        champion: The version that scored, with its metrics on the held-out rows.
        decision: `campaign_capacity` limits the contacts; the holdout is excluded.

    Returns:
        `customer_id` and `as_of` of the chosen customers.
    """
    is_weak = bool(find_weaknesses(champion.metrics)) and not decision.accept_weak_model
    worth = churn_predictions.filter(
        ibis.literal(not is_weak),
        churn_predictions.expected_value > 0,
        ~is_held_out(churn_predictions.customer_id, decision),
    )
    best_first = worth.order_by(worth.expected_value.desc(), worth.customer_id)
    return best_first.limit(decision.campaign_capacity).select(*KEY)


def list_contacts(churn_scores: ir.Table, as_of: AsOf) -> pa.RecordBatchReader:
    """List the customers to contact, best first, with reasons.

    Returns:
        A stream of batches with the columns of `ContactList`.
    """
    scores = churn_scores.filter(churn_scores.as_of == as_of.day, churn_scores.contact)
    order = ibis.window(order_by=[scores.expected_value.desc(), scores.customer_id])
    ranked = scores.mutate(rank=(ibis.row_number().over(order) + 1).cast("int64"))
    best_first = ranked.select(*CONTACTS_SCHEMA.names).order_by("rank")
    batches = best_first.to_pyarrow_batches()
    return pa.RecordBatchReader.from_batches(
        CONTACTS_SCHEMA, (batch.cast(CONTACTS_SCHEMA) for batch in batches)
    )


def sort_contacts(contact_list: ir.Table, summary: SummaryParams) -> ir.Table:
    """Sort the list by rank, for callers: with rounded figures, under headings in words.

    Returns:
        A table with one row per customer; the probability is in percent, the value in currency.
    """
    listed = contact_list.select(
        **{
            "Rank": contact_list["rank"],
            "Customer": contact_list.customer_id,
            "As of": contact_list.as_of,
            "Churn probability (%)": (contact_list.churn_probability * 100).round(1),
            "Risk band": contact_list.risk_band,
            f"Expected value ({summary.currency})": contact_list.expected_value.round(2),
            "Reason 1": contact_list.reason_1,
            "Reason 2": contact_list.reason_2,
            "Reason 3": contact_list.reason_3,
            "Model version": contact_list.model_version,
        }
    )
    return listed.order_by("Rank")  # reading a file may change the order
