"""Says which categories the champion has never seen: it takes them for missing.

In: the customers to score, the champion. Out: how many customers there are, and warnings.
"""

import logging

import ibis.expr.types as ir

from telco_churn.registry.registry_types import ModelVersion

logger = logging.getLogger(__name__)

SHOWN = 3  # of the values that were never seen, the most frequent first


def count_customers(customers: ir.Table, champion: ModelVersion) -> int:
    """Count customers, and in the same scan those with categories unknown to the champion.

    Each column with such is a warning, with its most frequent values.
    """
    unseen = _find_unseen(customers, champion)
    counts = {f"unseen_{place}": is_unseen.sum() for place, is_unseen in enumerate(unseen.values())}
    counted = customers.agg(customers=customers.count(), **counts)
    (found,) = counted.to_pyarrow().to_pylist()
    total = int(found["customers"])
    for (column, is_unseen), name in zip(unseen.items(), counts, strict=True):
        if found[name]:
            _warn(customers.filter(is_unseen), column, int(found[name]), total, champion)
    return total


def _find_unseen(customers: ir.Table, champion: ModelVersion) -> dict[str, ir.BooleanValue]:
    """By column of text, whether a customer's value was not among those that training saw."""
    return {
        column: customers[column].notnull() & ~customers[column].isin(known)
        for column, known in champion.model.encoding.categories.items()
        if customers[column].type().is_string()
    }


def _warn(strangers: ir.Table, column: str, count: int, total: int, champion: ModelVersion) -> None:
    values = strangers.group_by(column).agg(customers=strangers.count())
    most = values.order_by(values.customers.desc(), values[column]).limit(SHOWN)
    shown = most.to_pyarrow()[column].to_pylist()
    logger.warning(
        "%s of %s customers have a value of %s that champion version %s never saw in training, for "
        "example %s: it takes them for missing. Train again once what became of them is known.",
        *(f"{count:,}", f"{total:,}", column, champion.version, shown),
    )
