"""Features that name customers: a model learns them by heart and cannot use them on the next one.

In: a `Tally`, and whose rows they are. Out: a finding, or None.
"""

import re

import numpy as np
import numpy.typing as npt

from telco_churn.pipelines.training.leaks.finding import Finding, Looked
from telco_churn.pipelines.training.leaks.tally import Tally

IDENTIFIER_SHARE = 0.9  # of distinct values among customers, above which they name them
IDENTIFIER_CUSTOMERS = 50  # with fewer, distinct values prove nothing
COUNTER_SPREAD = 3  # a counter's numbers are at most so much sparser than its customers
NAMED_ID = r"(?i:(^|[\W_])(id|number|nr|key)$)|[a-z]I[dD]$"


def find_identifier(tally: Tally, looked: Looked) -> Finding | None:
    """Look for values that name customers: text of their own, a number they are counted by."""
    distinct = len(tally.values)
    if distinct <= IDENTIFIER_CUSTOMERS or (tally.is_ordered and not _are_whole(tally.values)):
        return None
    is_present = tally.codes >= 0
    customers = looked.customers[is_present]
    with_value = len(np.unique(customers))
    share = distinct / with_value
    if share < IDENTIFIER_SHARE:
        return None
    pairs = len(np.unique(customers * distinct + tally.codes[is_present]))
    is_own = distinct >= IDENTIFIER_SHARE * pairs
    is_counter = tally.is_ordered and distinct == pairs == with_value and _is_dense(tally, looked)
    is_name = is_own and (not tally.is_ordered or re.search(NAMED_ID, tally.feature))
    if not (is_name or is_counter):
        return None
    evidence = (
        f"{tally.feature} names customers: {distinct:,} distinct values for {with_value:,} "
        "customers. A model can learn them by heart and knows nothing of the next customer."
    )
    return Finding(tally.feature, "identifier", evidence, share, IDENTIFIER_SHARE)


def _are_whole(values: npt.NDArray[np.float64]) -> bool:
    return bool(
        values.dtype == np.float64 and np.isfinite(values).all() and (values % 1 == 0).all()
    )


def _is_dense(tally: Tally, looked: Looked) -> bool:
    spread = tally.values[-1] - tally.values[0] + 1
    return bool(spread <= COUNTER_SPREAD * looked.all_customers)
