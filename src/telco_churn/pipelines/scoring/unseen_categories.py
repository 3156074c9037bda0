"""Warn of categories that were not in the champion's training data; they count as missing.

In: the customers to score, champion. Out: the number of customers, and warnings in the log.
"""

import logging
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from telco_churn.registry.registry_types import ModelVersion

logger = logging.getLogger(__name__)

MOST_LISTED = 1_000  # values that a query lists
SHOWN = 3  # unseen values per warning, the most frequent first


def count_customers(customers: ir.Table, champion: ModelVersion) -> int:
    """Count the customers, and in the same scan those with categories unknown to the champion.

    Logs one warning per column with unknown categories, with the most frequent ones.
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
    """For each text column, whether a customer's value was not in the training data."""
    return {
        column: customers[column].notnull() & ~customers[column].isin(_list_known(known))
        for column, known in champion.model.encoding.categories.items()
        if customers[column].type().is_string()
    }


def _list_known(known: tuple[str, ...]) -> Sequence[str] | ir.StringColumn:
    """Return values as they are or, if a query with all of them would be long, as a table."""
    if len(known) <= MOST_LISTED:
        return known
    return ibis.memtable(pa.table({"value": known}))["value"]


def _warn(strangers: ir.Table, column: str, count: int, total: int, champion: ModelVersion) -> None:
    values = strangers.group_by(column).agg(customers=strangers.count())
    most = values.order_by(values.customers.desc(), values[column]).limit(SHOWN)
    shown = most.to_pyarrow()[column].to_pylist()
    logger.warning(
        "%s of %s customers have a value of %s that was not in the training data of champion "
        "version %s, for example %s: it counts as missing. Train again when their labels are "
        "known.",
        *(f"{count:,}", f"{total:,}", column, champion.version, shown),
    )
