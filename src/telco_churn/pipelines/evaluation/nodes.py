"""Judges a candidate, its baselines and the champion on rows that none of them learnt from.

In: held_out_predictions, champion_predictions, parameters. Out: metric_intervals,
evaluation_metrics, champion_comparison.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.campaign_profit import Campaign
from telco_churn.pipelines.evaluation.held_out import (
    CANDIDATE,
    CHAMPION,
    Floats,
    HeldOut,
    keep_shared_rows,
    read_held_out,
)
from telco_churn.pipelines.evaluation.metrics import (
    EXPECTED_PROFIT,
    METRICS,
    calibration_gaps,
    measure,
    roc_auc,
)
from telco_churn.pipelines.evaluation.ranking import DECILES, Ranking, Tally
from telco_churn.pipelines.evaluation.resampling import bound_sum, find_interval, resample

METRIC_DECIMALS = 6


def measure_models(
    held_out_predictions: pd.DataFrame,
    champion_predictions: pd.DataFrame,
    evaluation: EvaluationParams,
    decision: DecisionParams,
) -> pd.DataFrame:
    """Measure every model on the same rows, with intervals from the same draws of customers.

    Intervals are percentiles, but for the expected calibration error: see `bound_sum`.

    Args:
        held_out_predictions: One row per customer and date, one probability per model.
        champion_predictions: The champion's on the same rows; on fewer it is not measured, as its
            figures would be of other rows than those beside them.
        evaluation: Number of draws, confidence, seed.
        decision: What contacts cost and win, and how many there can be on one date.

    Returns:
        `model`, `metric`, `value`, `low`, `high`; `expected_profit` in currency per date.

    Raises:
        UnfitPredictionsError: When all rows churned, or none, or the champion's rows are others.
    """
    is_asked = len(champion_predictions) == len(held_out_predictions)
    held_out = read_held_out(held_out_predictions, champion_predictions if is_asked else None)
    once = np.ones(len(held_out.churned))
    judges = [_prepare(held_out, model, decision) for model in held_out.probability]

    def statistic(weights: Floats) -> Floats:
        return np.array([judge(weights) for judge in judges])

    values, resamples = statistic(once), resample(held_out.customer, evaluation, statistic)
    tables = [
        _tabulate(model, values[place], resamples[:, place], evaluation.confidence)
        for place, model in enumerate(held_out.probability)
    ]
    return pd.concat(tables, ignore_index=True)


def report_metrics(metric_intervals: pd.DataFrame) -> dict[str, float]:
    """Return one flat dictionary: the candidate's with intervals, `<baseline>_<metric>` without."""
    ours = metric_intervals[metric_intervals["model"] == CANDIDATE]
    theirs = metric_intervals[~metric_intervals["model"].isin([CANDIDATE, CHAMPION])]
    metrics = {
        name + suffix: value
        for column, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))
        for name, value in zip(ours["metric"], ours[column], strict=True)
    }
    names = theirs["model"] + "_" + theirs["metric"]
    metrics |= dict(zip(names, theirs["value"], strict=True))
    return {name: round(float(value), METRIC_DECIMALS) for name, value in metrics.items()}


def compare_with_champion(
    held_out_predictions: pd.DataFrame,
    champion_predictions: pd.DataFrame,
    evaluation: EvaluationParams,
    decision: DecisionParams,
) -> dict[str, float]:
    """Say what the candidate would have won beyond the champion, on the rows that it was asked.

    Both are measured under each draw of customers, so that what is luck for both falls away.

    Returns:
        Profits and their difference in currency per date, the difference with its percentile
        interval, both ROC AUC, `customers` and `dates`. Empty when there are no
        `champion_predictions`.

    Raises:
        UnfitPredictionsError: When all rows churned, or none, or the champion's rows are others.
    """
    if champion_predictions.empty:
        return {}
    shared = keep_shared_rows(held_out_predictions, champion_predictions)
    held_out = read_held_out(shared, champion_predictions)
    ours, theirs = (Campaign.of(held_out, decision, model) for model in (CANDIDATE, CHAMPION))

    def gain(weights: Floats) -> Floats:
        return np.array(ours.profit(weights) - theirs.profit(weights))

    low, high = find_interval(resample(held_out.customer, evaluation, gain), evaluation.confidence)
    once = np.ones(len(held_out.churned))
    return {
        "candidate_profit": ours.profit(once),
        "champion_profit": theirs.profit(once),
        "profit_difference": float(gain(once)),
        "profit_difference_low": float(low),
        "profit_difference_high": float(high),
        "candidate_roc_auc": roc_auc(count(held_out, CANDIDATE)),
        "champion_roc_auc": roc_auc(count(held_out, CHAMPION)),
        "customers": int(held_out.customer.max()) + 1,
        "dates": ours.dates,
    }


def count(held_out: HeldOut, model: str = CANDIDATE) -> Tally:
    """Rank the rows by a model and count each once."""
    ranking = Ranking.of(held_out.churned, held_out.probability[model])
    return Tally.of(ranking, np.ones(len(held_out.churned)))


def _prepare(held_out: HeldOut, model: str, decision: DecisionParams) -> Callable[[Floats], Floats]:
    """Sort the rows by a model; what comes back measures them under weights."""
    ranking = Ranking.of(held_out.churned, held_out.probability[model])
    campaign = Campaign.of(held_out, decision, model)

    def judge(weights: Floats) -> Floats:
        tally = Tally.of(ranking, weights)
        profit = campaign.profit(weights)
        return np.concatenate([measure(tally), [profit], calibration_gaps(tally)])

    return judge


def _tabulate(model: str, values: Floats, resamples: Floats, confidence: float) -> pd.DataFrame:
    low, high = find_interval(resamples[:, :-DECILES], confidence)
    table = pd.DataFrame(
        {"model": model, "metric": [*METRICS, EXPECTED_PROFIT], "value": values[:-DECILES]}
        | {"low": low, "high": high}
    )
    bounds = bound_sum(values[-DECILES:], resamples[:, -DECILES:], confidence)
    table.loc[table["metric"] == "expected_calibration_error", ["low", "high"]] = bounds
    return table
