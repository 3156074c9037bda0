"""Measure the candidate, its baselines and the champion on the held-out rows.

In: held_out_predictions, champion_predictions, candidate, parameters. Out: metric_intervals,
baseline_gains, evaluation_metrics, champion_comparison, feature_importance.
"""

import numpy as np
import pandas as pd

from telco_churn.learning.weakness import GAIN
from telco_churn.metrics.metric_table import (
    EXPECTED_PROFIT,
    METRICS,
    WeightedModel,
    measure,
    roc_auc,
)
from telco_churn.metrics.ranking import DECILES, Floats, WeightedRanking
from telco_churn.model.churn_model import ChurnModel
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.held_out import (
    CANDIDATE,
    CHAMPION,
    keep_shared_rows,
    read_held_out,
)
from telco_churn.pipelines.evaluation.resampling import bound_sum, find_interval, resample

METRIC_DECIMALS = 6


def measure_models(
    held_out_predictions: pd.DataFrame,
    champion_predictions: pd.DataFrame,
    evaluation: EvaluationParams,
    decision: DecisionParams,
) -> pd.DataFrame:
    """Measure every model on the same rows, with intervals from the same bootstrap draws.

    Intervals are percentiles, except for metrics that sum absolute gaps: see `bound_sum`.

    Args:
        held_out_predictions: One row per customer and date, one probability per model.
        champion_predictions: The champion's probabilities for the same rows. If it has fewer rows,
            the champion is left out: its metrics would not be comparable.
        evaluation: Number of draws, confidence, seed.
        decision: The costs and the value of a contact, and the capacity per date.

    Returns:
        `model`, `metric`, `value`, `low`, `high`; `expected_profit` in currency per date.

    Raises:
        UnusablePredictionsError: If all rows churned, or none, or the champion has other rows.
    """
    is_complete = len(champion_predictions) == len(held_out_predictions)
    held_out = read_held_out(held_out_predictions, champion_predictions if is_complete else None)
    models = [held_out.weigh(decision, model) for model in held_out.probability]

    def statistic(weights: Floats) -> Floats:
        return np.array([_measure_with_gaps(model(weights)) for model in models])

    values, resamples = statistic(held_out.ones), resample(held_out.customer, evaluation, statistic)
    tables = [
        _tabulate(values[place], resamples[:, place], evaluation.confidence).assign(model=model)
        for place, model in enumerate(held_out.probability)
    ]
    return pd.concat(tables, ignore_index=True)[["model", "metric", "value", "low", "high"]]


def compare_with_baselines(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams
) -> pd.DataFrame:
    """Compare the ROC AUC of the candidate with that of each baseline on the same rows.

    Each bootstrap draw measures all models: chance that they share drops from the gain.

    Returns:
        `model`, the baseline; `gain` of the candidate over it, `low` and `high`.

    Raises:
        UnusablePredictionsError: If all rows churned, or none.
    """
    held_out = read_held_out(held_out_predictions)
    rankings = [held_out.rank(model) for model in (CANDIDATE, *held_out.baselines)]

    def gain(weights: Floats) -> Floats:
        ours, *theirs = [roc_auc(WeightedRanking(each, weights)) for each in rankings]
        return ours - np.array(theirs)

    low, high = find_interval(resample(held_out.customer, evaluation, gain), evaluation.confidence)
    gains = {"gain": gain(held_out.ones), "low": low, "high": high}
    return pd.DataFrame({"model": held_out.baselines} | gains).astype({"model": "str"})


def report_metrics(
    metric_intervals: pd.DataFrame, baseline_gains: pd.DataFrame
) -> dict[str, float]:
    """Flatten the metrics to `<metric>`, `<metric>_low`, `<metric>_high`, `<baseline>_<metric>`.

    The gain over a baseline is `<baseline>_roc_auc_gain`, with `_low` and `_high`.
    """
    ours = metric_intervals[metric_intervals["model"] == CANDIDATE]
    theirs = metric_intervals[~metric_intervals["model"].isin([CANDIDATE, CHAMPION])]
    metrics = {
        name + suffix: value
        for column, suffix in (("value", ""), ("low", "_low"), ("high", "_high"))
        for name, value in zip(ours["metric"], ours[column], strict=True)
    }
    names = theirs["model"] + "_" + theirs["metric"]
    metrics |= dict(zip(names, theirs["value"], strict=True))
    for row in baseline_gains.to_dict("records"):
        name = GAIN.format(baseline=row["model"])
        metrics |= {name: row["gain"], f"{name}_low": row["low"], f"{name}_high": row["high"]}
    return {name: round(float(value), METRIC_DECIMALS) for name, value in metrics.items()}


def compare_with_champion(
    held_out_predictions: pd.DataFrame,
    champion_predictions: pd.DataFrame,
    evaluation: EvaluationParams,
    decision: DecisionParams,
) -> dict[str, float]:
    """Compare the profit of candidate and champion on the rows that both predict.

    Each bootstrap draw measures both models: chance that they share drops from the difference.

    Returns:
        Both profits and their difference in currency per date, the difference with its percentile
        interval; every other metric of both as `candidate_<metric>` and `champion_<metric>`;
        `customers` and `dates`. Empty without `champion_predictions`.

    Raises:
        UnusablePredictionsError: If all rows churned, or none, or the champion has other rows.
    """
    if champion_predictions.empty:
        return {}
    shared = keep_shared_rows(held_out_predictions, champion_predictions)
    held_out = read_held_out(shared, champion_predictions)
    models = {name: held_out.weigh(decision, name)(held_out.ones) for name in (CANDIDATE, CHAMPION)}
    ours, theirs = (model.campaign for model in models.values())

    def gain(weights: Floats) -> Floats:
        return np.array(ours.profit(weights) - theirs.profit(weights))

    low, high = find_interval(resample(held_out.customer, evaluation, gain), evaluation.confidence)
    metrics = {
        f"{name}_{metric}": value
        for name, model in models.items()
        for metric, value in zip(METRICS, measure(model).tolist(), strict=True)
        if metric != EXPECTED_PROFIT
    }
    return {
        "candidate_profit": ours.profit(held_out.ones),
        "champion_profit": theirs.profit(held_out.ones),
        "profit_difference": float(gain(held_out.ones)),
        "profit_difference_low": float(low),
        "profit_difference_high": float(high),
        **metrics,
        "customers": int(held_out.customer.max()) + 1,
        "dates": ours.dates,
    }


def rank_features(candidate: ChurnModel) -> pd.DataFrame:
    """Rank all features by importance.

    Returns:
        `feature` and `share` of the total importance, largest first. The scorer defines
        importance; for LightGBM it is the gain of all splits.
    """
    table = pd.DataFrame(
        {"feature": candidate.encoding.columns, "share": candidate.scorer.importance()}
    )
    return table.sort_values(["share", "feature"], ascending=[False, True], ignore_index=True)


def _measure_with_gaps(model: WeightedModel) -> Floats:
    """Return every metric, then the gaps of the metrics that sum gaps."""
    gaps = [metric.gaps(model) for metric in METRICS.values() if metric.gaps]
    return np.concatenate([measure(model), *gaps])


def _tabulate(values: Floats, resamples: Floats, confidence: float) -> pd.DataFrame:
    count = len(METRICS)
    low, high = find_interval(resamples[:, :count], confidence)
    table = pd.DataFrame({"metric": list(METRICS), "value": values[:count]})
    table = table.assign(low=low, high=high)
    for place, name in enumerate(name for name, metric in METRICS.items() if metric.gaps):
        gaps = slice(count + place * DECILES, count + (place + 1) * DECILES)
        bounds = bound_sum(values[gaps], resamples[:, gaps], confidence)
        table.loc[table["metric"] == name, ["low", "high"]] = bounds
    return table
