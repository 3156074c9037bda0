"""Gives every active customer of one date a score, and sums the run up.

In: customer_features of `as_of`, the champion, the time. Out: churn_scores, computed in Arrow
batches by whoever writes them, and a few lines for a person.
"""

from datetime import datetime
from functools import partial

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from telco_churn.contracts import SCORES_SCHEMA
from telco_churn.engines import map_batches
from telco_churn.errors import InputError
from telco_churn.model.batches import score_batch
from telco_churn.model.encoding import FeatureMismatchError
from telco_churn.model.registered import ModelVersion
from telco_churn.parameters import AsOf, ScoringParams, SummaryParams

KEY = ["customer_id", "as_of"]
WORST_RULES = 3
KEPT_OUTCOMES = "(kept|duplicate|blanked_.*)$"
HEADLINES = {
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "lift_at_5_percent": "lift at 5 %",
}


class NothingToScoreError(InputError):
    """There is no champion, or no customer on the date."""


def score_customers(
    customer_features: ir.Table,
    champion_model: ModelVersion | None,
    as_of: AsOf,
    scoring: ScoringParams,
    clock: datetime,
) -> pa.RecordBatchReader | ir.Table:
    """Score every customer of one date, a batch at a time.

    Args:
        customer_features: One row per customer and `as_of`.
        champion_model: Resolved once: promoting another during the run changes nothing in it.
        as_of: The morning to score.
        scoring: `batch_rows`, how many customers are in memory at a time.
        clock: When the run scored.

    Returns:
        The columns of `ChurnScores`: a stream, or an expression where the engine runs the model.

    Raises:
        NothingToScoreError: When there is no champion, or no customer is active on `as_of`.
        FeatureMismatchError: When the champion reads features that are not there.
    """
    if champion_model is None:
        raise NothingToScoreError(
            "There is no champion to score with. Run `kedro run --pipelines training` first."
        )
    lacking = sorted(set(champion_model.columns) - set(customer_features.columns))
    if lacking:
        raise FeatureMismatchError(
            f"The champion, version {champion_model.version}, reads features that are not made: "
            f"{lacking}. Make them again in conf/base/parameters/features.yml, or move the alias "
            "to a version that does without them (make mlflow)."
        )
    customers = customer_features.filter(customer_features.as_of == as_of.day)
    if customers.limit(1).count().execute() == 0:
        raise NothingToScoreError(
            f"customer_features has no customer who is active on {as_of}. Look at customers and "
            "cancellations around that date and at eligibility in "
            "conf/base/parameters/features.yml, or choose another as_of."
        )
    return map_batches(
        customers.select(*KEY, *champion_model.columns),
        partial(score_batch, champion=champion_model, clock=clock, key=KEY, schema=SCORES_SCHEMA),
        SCORES_SCHEMA,
        scoring.batch_rows,
    )


def describe_rejected_rows(ingestion_report: pd.DataFrame, rejected_rows: ir.Table) -> str:
    """Say how many raw rows were rejected, by which rules most, and show a row of each."""
    is_kept = ingestion_report["outcome"].str.match(KEPT_OUTCOMES)
    rejected = ingestion_report[~is_kept]
    worst = rejected.sort_values("rows", ascending=False, kind="stable").head(WORST_RULES)
    delivered = ingestion_report["rows"].sum()
    lines = [f"  rejected  {rejected['rows'].sum():,} of {delivered:,} raw rows"]
    for table, rule, count in zip(worst["table"], worst["outcome"], worst["rows"], strict=True):
        of_rule = rejected_rows.filter(rejected_rows.table == table, rejected_rows.rule == rule)
        example = of_rule.key.min().execute()
        lines.append(f"            {table}: {rule} {count:,}, for example {example}")
    return "\n".join(lines)


def summarise_run(
    churn_scores: ir.Table,
    champion_model: ModelVersion,
    data_summary: str,
    as_of: AsOf,
    summary: SummaryParams,
) -> str:
    """Say in a few lines what was scored, by what, how good it is, and what to do next."""
    scores = churn_scores.filter(churn_scores.as_of == as_of.day)
    scored = scores.count().execute()
    worth = scores.filter(scores.contact)
    contacts, value = worth.count().execute(), worth.expected_value.sum().execute() or 0
    metrics, facts = champion_model.metrics, champion_model.facts
    held_out = ", ".join(
        f"{title} {metrics[name]:.3f} (baseline {metrics[f'baseline_{name}']:.3f})"
        for name, title in HEADLINES.items()
    )
    return "\n".join(
        [
            "",
            f"{scored:,} customers scored as of {as_of}; {contacts:,} are worth a contact, "
            f"{value:,.0f} {summary.currency} expected",
            f"  model     {champion_model.name} version {champion_model.version}, trained as of "
            f"{facts['as_of']} on {int(facts['learnt_from']):,} examples",
            f"  held out  {held_out}",
            *_warn_of_hindsight(facts["as_of"], as_of),
            data_summary,
            f"  scores    {summary.scores}",
            "",
            *summary.next_steps,
            "",
        ]
    )


def _warn_of_hindsight(trained_as_of: str, as_of: AsOf) -> list[str]:
    if trained_as_of <= str(as_of):
        return []
    return [f"  note      it learnt from days after {as_of}: these scores do not prove it"]
