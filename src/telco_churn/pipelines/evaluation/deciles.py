"""Ten groups of equal size, by probability: who churned, and whether the forecast held.

In: held_out_predictions, parameters. Out: decile_table, calibration_curve.
"""

import numpy as np
import pandas as pd

from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.held_out import CANDIDATE, Floats, HeldOut, read_held_out
from telco_churn.pipelines.evaluation.ranking import DECILES, Ranking, Tally
from telco_churn.pipelines.evaluation.resampling import find_interval, resample


def tabulate_deciles(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams
) -> pd.DataFrame:
    """Count who churned by decile of the rows, 1 the riskiest.

    Returns:
        `decile`, `customers` (once per date), `churned`, `churn_rate`, `mean_probability`, `lift`
        over the churn rate of all, and `captured`: the share of all who churned that is in this
        decile or a riskier one. `lift` and `captured` with percentile intervals.
    """
    held_out = read_held_out(held_out_predictions)
    table, resamples = _resample_deciles(held_out, evaluation)
    customers, churned, expected = table
    columns = {"lift": _lift(table), "captured": _captured(table)}
    for name, of in (("lift", _lift), ("captured", _captured)):
        low, high = find_interval(
            np.array([of(sample) for sample in resamples]), evaluation.confidence
        )
        columns |= {f"{name}_low": low, f"{name}_high": high}
    counted = {
        "decile": np.arange(1, DECILES + 1),
        "customers": customers.astype(int),
        "churned": churned.round().astype(int),
        "churn_rate": _share(churned, customers),
        "mean_probability": _share(expected, customers),
    }
    order = ("lift", "lift_low", "lift_high", "captured", "captured_low", "captured_high")
    return pd.DataFrame(counted | {name: columns[name] for name in order})


def tabulate_calibration(
    held_out_predictions: pd.DataFrame, evaluation: EvaluationParams
) -> pd.DataFrame:
    """Set forecast beside outcome in ten groups of equal size, 1 the least probability.

    Returns:
        `group`, `customers` (once per date), `mean_probability`, and `churn_rate` with its
        percentile interval `low`, `high`.
    """
    held_out = read_held_out(held_out_predictions)
    (customers, churned, expected), resamples = _resample_deciles(held_out, evaluation)
    rates = np.array([_share(sample[1], sample[0]) for sample in resamples])
    low, high = find_interval(rates, evaluation.confidence)
    risky_first = pd.DataFrame(
        {
            "group": np.arange(DECILES, 0, -1),
            "customers": customers.astype(int),
            "mean_probability": _share(expected, customers),
            "churn_rate": _share(churned, customers),
            "low": low,
            "high": high,
        }
    )
    return risky_first.iloc[::-1].reset_index(drop=True)


def _resample_deciles(held_out: HeldOut, evaluation: EvaluationParams) -> tuple[Floats, Floats]:
    ranking = Ranking.of(held_out.churned, held_out.probability[CANDIDATE])

    def statistic(weights: Floats) -> Floats:
        return Tally.of(ranking, weights).deciles

    once = statistic(np.ones(len(held_out.churned)))
    return once, resample(held_out.customer, evaluation, statistic)


def _lift(deciles: Floats) -> Floats:
    customers, churned, _ = deciles
    return _share(churned, customers) / _share(churned.sum(), customers.sum())


def _captured(deciles: Floats) -> Floats:
    return _share(deciles[1].cumsum(), deciles[1].sum())


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=np.asarray(whole) > 0)
