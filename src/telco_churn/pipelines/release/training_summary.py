"""Summarize the decision about a candidate in a few lines.

In: churn_model, the champion before and after the decision, champion_comparison. Out:
training_summary.
"""

import logging
import textwrap
from collections.abc import Iterator

from telco_churn.metrics.metric_table import list_headlines
from telco_churn.parameters.summary import SummaryParams
from telco_churn.pipelines.release.gate import BY_HAND
from telco_churn.registry.registry_types import ModelVersion

logger = logging.getLogger(__name__)

WIDTH = 80  # of a narrow terminal
INDENT = " " * 12


def summarize_training(
    version: ModelVersion,
    previous_champion: ModelVersion | None,
    champion: ModelVersion | None,
    champion_comparison: dict[str, float],
    summary: SummaryParams,
) -> str:
    """Summarize the candidate: its status, its figures beside the champion's, and the reasons.

    Args:
        version: The registered candidate.
        previous_champion: The champion before the decision; None if there was none.
        champion: The champion after the decision.
        champion_comparison: Figures of both on the same rows; empty if they were not compared.
        summary: `currency` names the currency of amounts, `promote` the command for a champion by
            hand.
    """
    outcome = _describe_outcome(version, previous_champion, champion)
    logger.info(outcome)
    reasons = [reason for reason in version.promotion.reasons if reason != BY_HAND]
    lines = [
        "",
        outcome,
        *_tabulate_metrics(version, previous_champion, champion_comparison, summary.currency),
        f"  trained   as of {version.facts['as_of']} on {int(version.facts['learnt_from']):,} "
        "examples",
        _wrap("because", " ".join(reasons)),
    ]
    if champion is None or champion.version != version.version:
        lines.append(f"  anyway    {summary.promote.format(version=version.version)}")
    return "\n".join([*lines, ""])


def _describe_outcome(
    version: ModelVersion, previous: ModelVersion | None, champion: ModelVersion | None
) -> str:
    name = f"{version.name} version {version.version}"
    if champion is not None and champion.version == version.version:
        before = f", in place of version {previous.version}" if previous else ""
        return f"{name} is the new champion{before}."
    status = version.promotion.status
    stays = f"version {champion.version} stays champion" if champion else "there is no champion"
    return f"{name} is {'a challenger' if status == 'challenger' else status}: {stays}."


def _tabulate_metrics(
    version: ModelVersion,
    previous: ModelVersion | None,
    comparison: dict[str, float],
    currency: str,
) -> Iterator[str]:
    """Yield lines with the figures of both models, on the same rows if they were compared."""
    figures = [
        (metric.title, metric.format.format, metric.name, version.metrics.get(metric.name))
        for metric in list_headlines()
    ]
    figures.append((f"Profit per date, {currency}", "{:,.2f}".format, "profit", None))
    is_compared = bool(comparison) and previous is not None
    if is_compared and previous is not None:
        names = (f"version {version.version}", f"champion version {previous.version}")
        yield f"  {'on the same rows':<24}{names[0]:>12}{names[1]:>22}"
    for title, show, name, own in figures:
        ours, theirs = (
            comparison.get(f"{model}_{name}") if is_compared else None
            for model in ("candidate", "champion")
        )
        ours = own if ours is None else ours
        if ours is not None:
            beside = "" if theirs is None else f"{show(theirs):>22}"
            yield f"  {title:<24}{show(ours):>12}{beside}"


def _wrap(label: str, text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent=f"  {label:<10}", subsequent_indent=INDENT)
