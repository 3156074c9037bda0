"""Compare the scores of a date with the previous date, and refuse implausible ones.

In: churn_predictions, contacted_customers, score_history. Out: score_measures, score_statistics.
"""

import json
import logging
from itertools import pairwise
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.params import AsOf
from telco_churn.errors import ImplausibleScoresError
from telco_churn.parameters.guard import GuardParams
from telco_churn.registry.registry_types import ModelVersion

logger = logging.getLogger(__name__)

# Histogram edges of churn probabilities: about ten bins of similar size if a few percent churn, and
# no empty bin if a third does.
EDGES = (0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.6)
SMALLEST_SHARE = 1e-4  # share of an empty bin; 0 would make the index infinite


def measure_scores(churn_predictions: ir.Table, contacted_customers: ir.Table) -> dict[str, Any]:
    """Count customers and contacts, and measure the distribution of probabilities.

    Returns:
        `customers`, `contacts`, `expected_value` of the contacts in currency, `mean_probability`,
        and `histogram`: the number of customers in each bin between `EDGES`.
    """
    probability = churn_predictions.churn_probability
    bins = {f"bin_{place}": (probability >= edge).sum() for place, edge in enumerate(EDGES)}
    counted = churn_predictions.agg(
        customers=churn_predictions.count(), mean_probability=probability.mean(), **bins
    )
    (found,) = counted.to_pyarrow().to_pylist()
    reached = [found["customers"], *(found[name] or 0 for name in bins), 0]
    chosen = churn_predictions.semi_join(contacted_customers, ["customer_id", "as_of"])
    won = chosen.agg(contacts=chosen.count(), expected_value=chosen.expected_value.sum())
    (contacts,) = won.to_pyarrow().to_pylist()
    return {
        "customers": int(found["customers"]),
        "contacts": int(contacts["contacts"]),
        "expected_value": float(contacts["expected_value"] or 0),
        "mean_probability": float(found["mean_probability"] or 0),
        "histogram": [int(many - fewer) for many, fewer in pairwise(reached)],
    }


def guard_volume(
    score_measures: dict[str, Any],
    score_history: pd.DataFrame,
    champion: ModelVersion,
    as_of: AsOf,
    guard: GuardParams,
) -> dict[str, Any]:
    """Return the measures unchanged if they are close enough to those of the previous date.

    Args:
        score_measures: The measures of this date.
        score_history: One row per commit, oldest first.
        champion: The version that scored; a wider bound applies after a change of version.
        as_of: The date that was scored.
        guard: The bounds, and whether to refuse or warn.

    Raises:
        ImplausibleScoresError: If a bound is exceeded and `guard.action` is refuse.
    """
    before = _find_date_before(score_history, as_of, guard)
    if before is None:
        return score_measures
    is_same = before["model_version"] == str(champion.version)
    bound = "max_stability_index" if is_same else "max_stability_index_new_model"
    faults = [
        *_compare_customers(score_measures, before, guard),
        *_compare_probabilities(score_measures, before, guard, bound),
    ]
    if faults:
        message = (
            f"The scores of {as_of} differ too much from those of {before['as_of']}: "
            f"{'; '.join(faults)}. Check the source tables and rejected_rows."
        )
        if guard.action == "refuse":
            raise ImplausibleScoresError(
                f"{message} Nothing was committed. If the scores are right, run again with "
                f"--params as_of={as_of},guard.action=warn."
            )
        logger.warning("%s The scores are committed anyway, because guard.action=warn.", message)
    return score_measures


def find_stability_index(before: npt.ArrayLike, now: npt.ArrayLike) -> float:
    """Return the population stability index of two histograms with the same bins.

    Source: Siddiqi, Credit Risk Scorecards, 2006.
    """
    shares = [
        np.maximum(np.asarray(counts, float) / max(np.sum(counts), 1), SMALLEST_SHARE)
        for counts in (before, now)
    ]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def _find_date_before(
    history: pd.DataFrame, as_of: AsOf, guard: GuardParams
) -> dict[Any, Any] | None:
    days = pd.to_datetime(history["as_of"])
    today = pd.Timestamp(as_of.day)
    near = (days < today) & (days >= today - pd.Timedelta(days=guard.compare_within_days))
    measured = history[near & history["histogram"].notna()]
    latest = measured[measured["as_of"] == measured["as_of"].max()]
    return None if latest.empty else latest.iloc[-1].to_dict()


def _compare_customers(
    measures: dict[str, Any], before: dict[Any, Any], guard: GuardParams
) -> list[str]:
    now, then = measures["customers"], int(before["customers"])
    change = now / max(then, 1) - 1
    if abs(change) <= guard.max_customers_change:
        return []
    return [
        f"the number of customers changed by {change:+.1%} from {then:,} to {now:,}, the bound is "
        f"{guard.max_customers_change:.1%} (guard.max_customers_change)"
    ]


def _compare_probabilities(
    measures: dict[str, Any], before: dict[Any, Any], guard: GuardParams, bound: str
) -> list[str]:
    index = find_stability_index(json.loads(before["histogram"]), measures["histogram"])
    allowed = getattr(guard, bound)
    if index <= allowed:
        return []
    return [
        f"the stability index of the probabilities is {index:.3g} (mean "
        f"{float(before['mean_probability']):.2%} then, {measures['mean_probability']:.2%} now), "
        f"the bound is {allowed:g} (guard.{bound})"
    ]
