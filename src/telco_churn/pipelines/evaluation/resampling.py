"""How far numbers would move with other customers: the bootstrap.

Customers are drawn, not rows: rows of one customer are alike, and a model that is seen twice on the
same customers is not seen on twice as many. A draw is one weight per customer, Poisson distributed
with mean 1; every model is measured under the same draws, so that differences are paired.

Sources: Efron, Bootstrap Methods: Another Look at the Jackknife, 1979; Hanley and MacGibbon,
Creating non-parametric bootstrap samples using Poisson frequencies, 2006.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import exp, factorial

import numpy as np
import numpy.typing as npt
from joblib import cpu_count
from threadpoolctl import ThreadpoolController

from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.pipelines.evaluation.held_out import Floats, Integers

AT_ONCE = 4  # draws a core that are picked ahead, two bytes a customer each

# Weights of equal chance, which a draw picks from: many times faster than to compute each. Chances
# are those of Poisson(1) to 1/65536, so that no weight is above 8.
_CHANCES = np.cumsum([exp(-1) / factorial(weight) for weight in range(20)])
WEIGHTS = np.searchsorted(_CHANCES, (np.arange(2**16) + 0.5) / 2**16).astype(np.float64)


def resample(
    customer: Integers, evaluation: EvaluationParams, statistic: Callable[[Floats], Floats]
) -> Floats:
    """Compute a statistic under each draw of customers, with one draw a core in memory.

    Draws come from one stream in their order, so that the number of cores changes nothing.

    Args:
        customer: Number of each row's customer, shape `(rows,)`.
        evaluation: How many draws, and their seed.
        statistic: From weights of shape `(rows,)` to an array of any one shape; called by several
            threads at once. NumPy lets go of Python's lock in its loops.

    Returns:
        Shape `(bootstrap_samples, ...)`.
    """
    random = np.random.default_rng(evaluation.seed)
    customers = int(customer.max()) + 1

    def measure(picked: npt.NDArray[np.uint16]) -> Floats:
        return statistic(WEIGHTS[picked][customer])

    found: list[Floats] = []
    # A product of two vectors is over before BLAS has woken threads of its own for it.
    one_each = ThreadpoolController().limit(limits=1, user_api="blas")
    with one_each, ThreadPoolExecutor(cpu_count()) as pool:
        while (left := evaluation.bootstrap_samples - len(found)) > 0:
            picks = [
                random.integers(0, 2**16, customers, dtype=np.uint16)
                for _ in range(min(left, AT_ONCE * cpu_count()))
            ]
            found += pool.map(measure, picks)
    return np.array(found)


def find_interval(resamples: Floats, confidence: float) -> tuple[Floats, Floats]:
    """Percentile interval over the first axis; draws without a value (NaN) do not count."""
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(resamples, [tail, 1 - tail], axis=0)
    return low, high


def bound_sum(gaps: Floats, resamples: Floats, confidence: float) -> tuple[float, float]:
    """Interval of a sum of absolute gaps, `gaps` of shape `(gaps,)`.

    Noise makes such a sum larger, and larger again in each draw, so percentiles lie too high. The
    gaps of the draws around the measured ones say how large a sum noise alone makes; the truth is
    no further away than that (by the triangle inequality), so the interval is rather too wide.
    """
    radius = float(np.nanquantile(np.abs(resamples - gaps).sum(axis=1), confidence))
    total = float(np.abs(gaps).sum())
    return max(0.0, total - radius), total + radius


def bound_largest(gaps: Floats, resamples: Floats, confidence: float) -> tuple[float, float]:
    """Interval of the largest of absolute gaps, `gaps` of shape `(gaps,)`.

    The largest of many is far from 0 by chance alone. Here each gap gets an interval in units of
    its own standard error, wide enough to hold for all gaps at once; the low bound is above 0 only
    where at least one gap cannot be chance, in no more than `1 - confidence` of cases where all
    are.

    Source: the studentized range of Tukey, The Problem of Multiple Comparisons, 1953, with the
    bootstrap's distribution in the place of the normal one.
    """
    moves = np.nan_to_num(resamples - gaps)
    error = moves.std(axis=0)
    units = np.divide(np.abs(moves), error, out=np.zeros_like(moves), where=error > 0)
    width = np.quantile(units.max(axis=1), confidence) * error
    return max(0.0, float((np.abs(gaps) - width).max())), float((np.abs(gaps) + width).max())


def bound_spread(values: Floats, resamples: Floats, confidence: float) -> tuple[float, float]:
    """Interval of the largest value less the smallest, as the largest of all pairs' gaps."""
    one, other = np.triu_indices(len(values), k=1)
    pairs = resamples[:, one] - resamples[:, other]
    return bound_largest(values[one] - values[other], pairs, confidence)
