"""Bootstrap over customers: draws of weights, and intervals from them.

In: the customer of each row, a statistic of weights. Out: the statistic of each draw, intervals.

Each draw weights customers, not rows, because the rows of a customer are alike: a second row per
customer must not narrow an interval. A customer's weight is Poisson distributed with mean 1. Every
model is measured under the same draws, so differences between models are paired.

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

from telco_churn.metrics.ranking import Floats, Integers
from telco_churn.parameters.evaluation import EvaluationParams

AT_ONCE = 4  # draws per core picked ahead; each takes two bytes per customer

# A draw picks from these equally likely weights, which is many times faster than computing each
# weight. Their shares match Poisson(1) to 1/65536, so no weight is above 8.
_CHANCES = np.cumsum([exp(-1) / factorial(weight) for weight in range(20)])
WEIGHTS = np.searchsorted(_CHANCES, (np.arange(2**16) + 0.5) / 2**16).astype(np.float64)


def resample(
    customer: Integers, evaluation: EvaluationParams, statistic: Callable[[Floats], Floats]
) -> Floats:
    """Compute a statistic for each bootstrap draw, with one draw's weights per core in memory.

    All draws come in order from one random stream: the number of cores does not change them.

    Args:
        customer: Integer code of each row's customer, shape `(rows,)`.
        evaluation: Number of draws, and their seed.
        statistic: Maps weights of shape `(rows,)` to an array, always of the same shape. Several
            threads call it at once; NumPy releases the GIL in its loops.

    Returns:
        The statistics, shape `(bootstrap_samples, ...)`.
    """
    random = np.random.default_rng(evaluation.seed)
    customers = int(customer.max()) + 1

    def measure(picked: npt.NDArray[np.uint16]) -> Floats:
        return statistic(WEIGHTS[picked][customer])

    found: list[Floats] = []
    # BLAS takes longer to wake its threads than to multiply two vectors on one.
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
    """Return the percentile interval over the first axis, ignoring draws that are NaN."""
    tail = (1 - confidence) / 2
    low, high = np.nanquantile(resamples, [tail, 1 - tail], axis=0)
    return low, high


def bound_sum(gaps: Floats, resamples: Floats, confidence: float) -> tuple[float, float]:
    """Return the interval of a sum of absolute gaps; `gaps` has shape `(gaps,)`.

    Noise raises such a sum, and again in each draw, so percentiles would be too high. Instead, the
    distance of the draws from the measured gaps shows how large a sum noise alone produces. The
    true sum is no further away than that (triangle inequality); the interval errs on the wide side.
    """
    radius = float(np.nanquantile(np.abs(resamples - gaps).sum(axis=1), confidence))
    total = float(np.abs(gaps).sum())
    return max(0.0, total - radius), total + radius


def bound_largest(gaps: Floats, resamples: Floats, confidence: float) -> tuple[float, float]:
    """Return the interval of the largest absolute gap; `gaps` has shape `(gaps,)`.

    The largest of many gaps is far from 0 by chance alone. Here each gap gets an interval in units
    of its standard error, wide enough to hold for all gaps at once. If all gaps are chance, the
    low bound is above 0 in at most `1 - confidence` of cases.

    Source: the studentized range of Tukey, The Problem of Multiple Comparisons, 1953, with the
    bootstrap's distribution in place of the normal one.
    """
    moves = np.nan_to_num(resamples - gaps)
    error = moves.std(axis=0)
    units = np.divide(np.abs(moves), error, out=np.zeros_like(moves), where=error > 0)
    width = np.quantile(units.max(axis=1), confidence) * error
    return max(0.0, float((np.abs(gaps) - width).max())), float((np.abs(gaps) + width).max())


def bound_spread(values: Floats, resamples: Floats, confidence: float) -> tuple[float, float]:
    """Return the interval of the range of `values`, as the largest gap among all pairs."""
    one, other = np.triu_indices(len(values), k=1)
    pairs = resamples[:, one] - resamples[:, other]
    return bound_largest(values[one] - values[other], pairs, confidence)
