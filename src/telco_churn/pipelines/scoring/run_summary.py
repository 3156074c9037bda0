"""Summarize a run in a few lines of text.

In: churn_scores, champion, the reports of ingestion. Out: data_summary, run_summary.
"""

from collections.abc import Iterator

import ibis.expr.types as ir
import pandas as pd

from kedro_asof.params import AsOf
from telco_churn.contracts.ingestion import BLANKED, is_rejected
from telco_churn.learning.baselines import HEADLINE
from telco_churn.learning.weakness import describe_quality, find_weaknesses
from telco_churn.metrics.metric_table import list_headlines
from telco_churn.parameters.summary import SummaryParams
from telco_churn.registry.registry_types import ModelVersion

WORST_RULES = 3


def describe_rejected_rows(
    ingestion_report: pd.DataFrame, late_value_report: pd.DataFrame, rejected_rows: ir.Table
) -> str:
    """Count rejected raw rows and blanked values, the most frequent rules first.

    Args:
        ingestion_report: Number of rows by table and outcome.
        late_value_report: Number of values filled in later, by table, column and outcome.
        rejected_rows: The columns of `RejectedRows`; gives an example of each rule.
    """
    rejected = ingestion_report[is_rejected(ingestion_report["outcome"])]
    worst = rejected.sort_values("rows", ascending=False, kind="stable").head(WORST_RULES)
    delivered = ingestion_report["rows"].sum()
    lines = [f"  rejected  {rejected['rows'].sum():,} of {delivered:,} raw rows"]
    for table, rule, count in zip(worst["table"], worst["outcome"], worst["rows"], strict=True):
        of_rule = rejected_rows.filter(rejected_rows.table == table, rejected_rows.rule == rule)
        example = of_rule.key.min().execute()
        lines.append(f"            {table}: {rule} {count:,}, for example {example}")
    return "\n".join([*lines, *_describe_blanked_values(late_value_report)])


def summarize_run(
    churn_scores: ir.Table,
    champion: ModelVersion,
    data_summary: str,
    as_of: AsOf,
    summary: SummaryParams,
) -> str:
    """Summarize what was scored, the model and its quality and rejected rows."""
    facts = champion.facts
    held_out = ", ".join(_show_headlines(champion.metrics)) or "no metrics were packaged"
    return "\n".join(
        [
            "",
            _count_contacts(churn_scores, as_of, summary),
            f"  model     {champion.name} version {champion.version}, trained as of"
            f" {facts['as_of']} on {int(facts['learnt_from']):,} examples",
            f"  held out  {held_out}",
            *_warn_of_weakness(champion.metrics),
            *_warn_of_hindsight(facts["as_of"], as_of),
            data_summary,
            f"  scores    {summary.scores}",
            "",
        ]
    )


def _show_headlines(metrics: dict[str, float]) -> Iterator[str]:
    """Yield the headline metrics of a version; an older version lacks those added since."""
    for metric in list_headlines():
        if metric.name in metrics:
            baseline = metrics.get(f"{HEADLINE}_{metric.name}")
            beside = "" if baseline is None else f" (logistic {metric.format.format(baseline)})"
            yield f"{metric.title} {metric.format.format(metrics[metric.name])}{beside}"


def _describe_blanked_values(late_value_report: pd.DataFrame) -> list[str]:
    blanked = late_value_report[late_value_report["outcome"].str.startswith(BLANKED)]
    if not len(blanked):
        return []
    worst = blanked.sort_values("values", ascending=False, kind="stable").head(WORST_RULES)
    delivered = late_value_report["values"].sum()
    lines = [f"  blanked   {blanked['values'].sum():,} of {delivered:,} values filled in later"]
    for table, outcome, count in zip(
        worst["table"], worst["outcome"], worst["values"], strict=True
    ):
        lines.append(f"            {table}: {outcome.removeprefix(BLANKED)} {count:,}")
    return lines


def _count_contacts(churn_scores: ir.Table, as_of: AsOf, summary: SummaryParams) -> str:
    scores = churn_scores.filter(churn_scores.as_of == as_of.day)
    contacted = scores.filter(scores.contact)
    worth = scores.filter(scores.expected_value > 0, ~scores.holdout).count().execute()
    contacts, value = (
        contacted.count().execute(),
        contacted.expected_value.sum().fill_null(0).execute(),
    )
    limit = f" (of {worth:,} worth contacting)" if contacts < worth else ""
    return (
        f"{scores.count().execute():,} customers scored as of {as_of}; {contacts:,} to "
        f"contact{limit}, expected value {value:,.0f} {summary.currency}"
    )


def _warn_of_weakness(metrics: dict[str, float]) -> Iterator[str]:
    for place, sentence in enumerate(describe_quality(metrics)):
        yield f"  {'warning' if place == 0 else '       '}   {sentence}"
    if find_weaknesses(metrics):
        yield (
            "            Customers are contacted only with decision.accept_weak_model=true "
            "(--accept-weak-model)."
        )


def _warn_of_hindsight(trained_as_of: str, as_of: AsOf) -> list[str]:
    if trained_as_of <= str(as_of):
        return []
    return [f"  note      trained on days after {as_of}: these scores do not prove its quality"]
