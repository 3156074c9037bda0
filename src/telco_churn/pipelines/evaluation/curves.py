"""What stands behind the metrics, as points: profit, ROC, precision, probabilities.

In: held_out_predictions, parameters. Out: profit_curve, and tables for plots.
"""

import numpy as np
import pandas as pd

from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.campaign_profit import Campaign
from telco_churn.pipelines.evaluation.held_out import Floats, HeldOut, read_held_out
from telco_churn.pipelines.evaluation.ranking import Ranking, Tally
from telco_churn.pipelines.evaluation.resampling import find_interval, resample

POINTS = 500
PROFIT_STEPS = 100
HISTOGRAM_BARS = 50


def trace_profit(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams, decision: DecisionParams
) -> pd.DataFrame:
    """Follow the profit from no contact to all, whatever the capacity and the expected value.

    Returns:
        `contacts` per date, denser where few; `profit` with its percentile interval `low`, `high`,
        in currency per date, averaged over dates.
    """
    held_out = read_held_out(held_out_predictions)
    campaign = Campaign.of(held_out, decision)
    contacts = _choose_contacts(campaign)

    def statistic(weights: Floats) -> Floats:
        return campaign.profit_by_contacts(contacts, weights)

    resamples = resample(held_out.customer, evaluation, statistic)
    low, high = find_interval(resamples, evaluation.confidence)
    profit = statistic(np.ones(len(held_out.churned)))
    return pd.DataFrame(
        {"contacts": contacts.astype(int), "profit": profit, "low": low, "high": high}
    )


def trace_baselines(held_out_predictions: pd.DataFrame, decision: DecisionParams) -> pd.DataFrame:
    """Follow each baseline's profit the same way: `model`, `contacts`, `profit`."""
    held_out = read_held_out(held_out_predictions)
    once = np.ones(len(held_out.churned))
    tables = [pd.DataFrame({"model": [], "contacts": [], "profit": []}).astype({"model": "str"})]
    for model in held_out.baselines:
        campaign = Campaign.of(held_out, decision, model)
        contacts = _choose_contacts(campaign)
        profit = campaign.profit_by_contacts(contacts, once)
        tables.append(pd.DataFrame({"model": model, "contacts": contacts, "profit": profit}))
    return pd.concat(tables[1:] or tables, ignore_index=True)


def trace_roc(held_out_predictions: pd.DataFrame) -> pd.DataFrame:
    """Thin each model's ROC curve: `model`, `false_positive_rate`, `true_positive_rate`."""
    held_out = read_held_out(held_out_predictions)
    tables = []
    for model in held_out.probability:
        found, contacted = _count_thresholds(held_out, model)
        true_rate = found / found[-1]
        false_rate = (contacted - found) / (contacted[-1] - found[-1])
        kept = _thin(true_rate + false_rate)
        tables.append(
            pd.DataFrame(
                {
                    "model": model,
                    "false_positive_rate": false_rate[kept],
                    "true_positive_rate": true_rate[kept],
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def trace_precision(held_out_predictions: pd.DataFrame) -> pd.DataFrame:
    """Thin each model's curve of precision over recall: `model`, `recall`, `precision`."""
    held_out = read_held_out(held_out_predictions)
    tables = []
    for model in held_out.probability:
        found, contacted = (total[1:] for total in _count_thresholds(held_out, model))
        kept = _thin(found)
        curve = {"recall": found[kept] / found[-1], "precision": found[kept] / contacted[kept]}
        tables.append(pd.DataFrame({"model": model} | curve))
    return pd.concat(tables, ignore_index=True)


def count_probabilities(held_out_predictions: pd.DataFrame) -> pd.DataFrame:
    """Count rows by the candidate's probability, in bars: `lowest`, `highest`, `rows`."""
    probability = held_out_predictions["churn_probability"].to_numpy(np.float64)
    rows, edges = np.histogram(probability, HISTOGRAM_BARS, (0, max(probability.max(), 1e-9)))
    return pd.DataFrame({"lowest": edges[:-1], "highest": edges[1:], "rows": rows})


def _choose_contacts(campaign: Campaign) -> Floats:
    """Numbers of contacts from 0 to all rows of the largest date, denser where few."""
    most = np.diff(campaign.date_starts).max()
    return np.unique(np.round(most * np.linspace(0, 1, PROFIT_STEPS + 1) ** 2))


def _count_thresholds(held_out: HeldOut, model: str) -> tuple[Floats, Floats]:
    """Who churned, and all, at or above each probability from the highest down; 0 first."""
    ranking = Ranking.of(held_out.churned, held_out.probability[model])
    tally = Tally.of(ranking, np.ones(len(held_out.churned)))
    falls = np.flatnonzero(np.diff(ranking.probability)) + 1
    ends = np.concatenate([[0], falls, [len(ranking.rows)]])
    return tally.found_among(ends), tally.total[ends]


def _thin(along: Floats) -> Floats:
    """Choose points at even steps of a rising measure, the first and the last among them."""
    steps = np.linspace(along[0], along[-1], POINTS - 1)
    return np.unique(np.append(np.searchsorted(along, steps), len(along) - 1))
