"""Compute the tables behind the plots: deciles, calibration, profit, ROC, precision and recall.

In: held_out_predictions, parameters. Out: decile_table, calibration_curve, profit_curve,
profit_curves_of_baselines, roc_points, precision_recall_points, calibration_histogram.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

from telco_churn.metrics.campaign import Campaign
from telco_churn.metrics.ranking import DECILES, Floats, WeightedRanking
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.held_out import HeldOut, read_held_out
from telco_churn.pipelines.evaluation.resampling import find_interval, resample

POINTS = 500
PROFIT_STEPS = 100
HISTOGRAM_BARS = 50


def tabulate_deciles(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams
) -> pd.DataFrame:
    """Count churners by decile of the rows; decile 1 is the riskiest.

    Returns:
        `decile`, `customers` (once per date), `churned`, `churn_rate`, `mean_probability`, `lift`
        over the churn rate of all rows, and `captured`: the share of all churners in this decile
        and the riskier ones. `lift` and `captured` have percentile intervals.
    """
    deciles, draws = _resample_deciles(read_held_out(held_out_predictions), evaluation)
    customers, churned, expected = deciles
    table = {
        "decile": np.arange(1, DECILES + 1),
        "customers": customers.astype(int),
        "churned": churned.round().astype(int),
        "churn_rate": _share(churned, customers),
        "mean_probability": _share(expected, customers),
    }
    for name, function in (("lift", _lift), ("captured", _captured)):
        low, high = _bound(function, draws, evaluation)
        table |= {name: function(deciles), f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame(table)


def tabulate_calibration(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams
) -> pd.DataFrame:
    """Compare forecast and outcome in ten groups of equal size; group 1 is the least risky.

    Returns:
        `group`, `customers` (once per date), `mean_probability`, and `churn_rate` with its
        percentile interval `low`, `high`.
    """
    deciles, draws = _resample_deciles(read_held_out(held_out_predictions), evaluation)
    customers, churned, expected = deciles
    low, high = _bound(lambda drawn: _share(drawn[1], drawn[0]), draws, evaluation)
    riskiest_first = pd.DataFrame(
        {
            "group": np.arange(DECILES, 0, -1),
            "customers": customers.astype(int),
            "mean_probability": _share(expected, customers),
            "churn_rate": _share(churned, customers),
            "low": low,
            "high": high,
        }
    )
    return riskiest_first.iloc[::-1].reset_index(drop=True)


def trace_profit(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams, decision: DecisionParams
) -> pd.DataFrame:
    """Compute the candidate's profit by number of contacts, from none to all customers.

    The curve ignores the capacity, and includes contacts with a negative expected value.

    Returns:
        `contacts` per date, in smaller steps near 0; `profit` with its percentile interval `low`,
        `high`, in currency per date, averaged over dates.
    """
    held_out = read_held_out(held_out_predictions)
    campaign = held_out.plan_campaign(decision)
    contacts = _choose_contacts(campaign)

    def statistic(weights: Floats) -> Floats:
        return campaign.profit_by_contacts(contacts, weights)

    resamples = resample(held_out.customer, evaluation, statistic)
    low, high = find_interval(resamples, evaluation.confidence)
    profit = statistic(held_out.ones)
    return pd.DataFrame(
        {"contacts": contacts.astype(int), "profit": profit, "low": low, "high": high}
    )


def trace_profit_of_baselines(
    held_out_predictions: pd.DataFrame, decision: DecisionParams
) -> pd.DataFrame:
    """Compute each baseline's profit by number of contacts: `model`, `contacts`, `profit`."""
    held_out = read_held_out(held_out_predictions)
    tables = [pd.DataFrame({"model": [], "contacts": [], "profit": []}).astype({"model": "str"})]
    for model in held_out.baselines:
        campaign = held_out.plan_campaign(decision, model)
        contacts = _choose_contacts(campaign)
        profit = campaign.profit_by_contacts(contacts, held_out.ones)
        tables.append(pd.DataFrame({"model": model, "contacts": contacts, "profit": profit}))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def trace_roc(held_out_predictions: pd.DataFrame) -> pd.DataFrame:
    """Return thinned ROC curves: `model`, `false_positive_rate`, `true_positive_rate`."""
    held_out = read_held_out(held_out_predictions)
    tables = []
    for model in held_out.probability:
        found, contacted = _count_thresholds(held_out, model)
        true_rate = found / found[-1]
        false_rate = (contacted - found) / (contacted[-1] - found[-1])
        kept = _thin(true_rate + false_rate)
        rates = {"false_positive_rate": false_rate[kept], "true_positive_rate": true_rate[kept]}
        tables.append(pd.DataFrame({"model": model} | rates))
    return pd.concat(tables, ignore_index=True)


def trace_precision_recall(held_out_predictions: pd.DataFrame) -> pd.DataFrame:
    """Return thinned precision-recall curves: `model`, `recall`, `precision`."""
    held_out = read_held_out(held_out_predictions)
    tables = []
    for model in held_out.probability:
        found, contacted = (total[1:] for total in _count_thresholds(held_out, model))
        kept = _thin(found)
        curve = {"recall": found[kept] / found[-1], "precision": found[kept] / contacted[kept]}
        tables.append(pd.DataFrame({"model": model} | curve))
    return pd.concat(tables, ignore_index=True)


def tabulate_calibration_histogram(held_out_predictions: pd.DataFrame) -> pd.DataFrame:
    """Count rows by the candidate's probability in 50 bins: `lowest`, `highest`, `rows`."""
    probability = held_out_predictions["churn_probability"].to_numpy(np.float64)
    rows, edges = np.histogram(probability, HISTOGRAM_BARS, (0, max(probability.max(), 1e-9)))
    return pd.DataFrame({"lowest": edges[:-1], "highest": edges[1:], "rows": rows})


def _resample_deciles(held_out: HeldOut, evaluation: EvaluationParams) -> tuple[Floats, Floats]:
    """Return the candidate's deciles, shape `(3, 10)`, and the same for each draw."""
    ranking = held_out.rank()

    def statistic(weights: Floats) -> Floats:
        return WeightedRanking(ranking, weights).deciles

    return statistic(held_out.ones), resample(held_out.customer, evaluation, statistic)


def _bound(
    function: Callable[[Floats], Floats], draws: Floats, evaluation: EvaluationParams
) -> tuple[Floats, Floats]:
    return find_interval(np.array([function(drawn) for drawn in draws]), evaluation.confidence)


def _lift(deciles: Floats) -> Floats:
    customers, churned, _ = deciles
    return _share(churned, customers) / _share(churned.sum(), customers.sum())


def _captured(deciles: Floats) -> Floats:
    return _share(deciles[1].cumsum(), deciles[1].sum())


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)


def _choose_contacts(campaign: Campaign) -> Floats:
    """Return numbers of contacts from 0 to the rows of the largest date, denser near 0."""
    most = np.diff(campaign.date_starts).max()
    return np.unique(np.round(most * np.linspace(0, 1, PROFIT_STEPS + 1) ** 2))


def _count_thresholds(held_out: HeldOut, model: str) -> tuple[Floats, Floats]:
    """Count churners and rows at or above each distinct probability, highest first, after 0."""
    ranking = held_out.rank(model)
    weighted = WeightedRanking(ranking, held_out.ones)
    falls = np.flatnonzero(np.diff(ranking.probability)) + 1
    ends = np.concatenate([[0], falls, [len(ranking.rows)]])
    return weighted.found_among(ends), weighted.total[ends]


def _thin(along: Floats) -> Floats:
    """Return positions at even steps of a rising measure, including the first and the last."""
    steps = np.linspace(along[0], along[-1], POINTS - 1)
    return np.unique(np.append(np.searchsorted(along, steps), len(along) - 1))
