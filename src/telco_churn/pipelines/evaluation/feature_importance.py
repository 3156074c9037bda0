"""Drawings that need more than one small table: what is done with parameters and the model.

In: tables of the evaluation, the candidate, parameters. Out: feature_importance, and figures.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from telco_churn.model.churn_model import ChurnModel
from telco_churn.parameters.decision import DecisionParams
from telco_churn.parameters.summary import SummaryParams
from telco_churn.plots import draw_profit


def rank_features(candidate: ChurnModel) -> pd.DataFrame:
    """Order all features by how much of the loss they took away in training.

    Returns:
        `feature`, and `gain_share` of the gain of all splits; the largest first.
    """
    gain = np.asarray(candidate.booster.feature_importance("gain"), dtype=np.float64)
    total = gain.sum()
    table = pd.DataFrame(
        {
            "feature": candidate.encoding.columns,
            "gain_share": gain / total if total > 0 else gain,
        }
    )
    return table.sort_values(["gain_share", "feature"], ascending=[False, True], ignore_index=True)


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
