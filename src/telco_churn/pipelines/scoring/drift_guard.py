"""Compares the scores of a date with those of the date before, and refuses what cannot be.

In: churn_predictions, contacted_customers, what was committed before. Out: score_statistics.
"""

import json
import logging
from itertools import pairwise
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from kedro_asof.errors import RefusedError
from kedro_asof.params import AsOf
from telco_churn.parameters.guard import GuardParams
from telco_churn.registry.registry_types import ModelVersion

logger = logging.getLogger(__name__)

# Of churn probabilities: about ten groups of a like size where a few per cent churn, and none empty
# where a third does.
EDGES = (0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.4, 0.6)
SMALLEST_SHARE = 1e-4  # an empty group counts as this much, or the index would be infinite


class ImplausibleScoresError(RefusedError):
    """The scores are too far off those of the date before."""


def measure_scores(churn_predictions: ir.Table, contacted_customers: ir.Table) -> dict[str, Any]:
    """Count customers, contacts and the distribution of probabilities.

    Returns:
        `customers`, `contacts`, `expected_value` of the contacts in currency, `mean_probability`,
        and `histogram`: customers by probability, parted at `EDGES`.
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
    """Let the measures pass when they are near enough to those of the date before.

    Args:
        score_measures: Of this date.
        score_history: One row per commit, oldest first.
        champion: Whether those before are of this same version says which bound holds.
        as_of: This date.
        guard: The bounds.

    Raises:
        ImplausibleScoresError: Names each bound that is broken, with both numbers.
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
            f"The scores of {as_of} are far off those of {before['as_of']}: {'; '.join(faults)}. "
            "Look at the sources and at rejected_rows."
        )
        if guard.action == "refuse":
            raise ImplausibleScoresError(
                f"{message} Nothing was committed. If all is as it should be, run again with "
                f"--params as_of={as_of},guard.action=warn."
            )
        logger.warning("%s They are committed all the same: guard.action=warn.", message)
    return score_measures


def find_stability_index(before: npt.ArrayLike, now: npt.ArrayLike) -> float:
    """Population stability index of two histograms with the same groups.

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
        f"{now:,} customers after {then:,} is {change:+.1%}, allowed is "
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
        f"the stability index of the probabilities is {index:.3g} (their mean "
        f"{float(before['mean_probability']):.2%} then, {measures['mean_probability']:.2%} now), "
        f"allowed is {allowed:g} (guard.{bound})"
    ]
