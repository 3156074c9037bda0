"""Drawings that need more than one small table: what is done with parameters and the model.

In: tables of the evaluation, the candidate, parameters. Out: feature_importance, and figures.
"""

import pandas as pd
from matplotlib.figure import Figure

from telco_churn.model.churn_model import ChurnModel
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.plots import draw_profit


def rank_features(candidate: ChurnModel) -> pd.DataFrame:
    """Order all features by their share in what the model learnt; its scorer says of what.

    Returns:
        `feature`, and `share` (for LightGBM of the gain of all splits); the largest first.
    """
    table = pd.DataFrame(
        {"feature": candidate.encoding.columns, "share": candidate.scorer.importance()}
    )
    return table.sort_values(["share", "feature"], ascending=[False, True], ignore_index=True)


def plot_profit(
    profit_curve: pd.DataFrame,
    baseline_profit_curves: pd.DataFrame,
    decision: DecisionParams,
    summary: SummaryParams,
) -> Figure:
    """Draw profit over contacts, with the capacity and in the currency of the parameters."""
    return draw_profit(
        profit_curve,
        baselines=baseline_profit_curves,
        capacity=decision.campaign_capacity,
        currency=summary.currency,
    )
