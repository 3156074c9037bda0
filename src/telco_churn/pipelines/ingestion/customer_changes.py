"""Find out which customers are trusted since the last run, and which no longer are.

In: the checked customers, and the trusted ones of the last run. Out: `CustomerChanges`.
"""

import hashlib
import logging
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

logger = logging.getLogger(__name__)

ID = "customer_id"


@dataclass(frozen=True)
class CustomerChanges:
    """The trusted customers before and after.

    Attributes:
        before: A digest of the ids of the last run; empty without one.
        now: A digest of the ids of this run.
        trusted: The ids of this run.
        lost: The ids of the last run that are not among those of this one, in memory.
    """

    before: str
    now: str
    trusted: ir.Table
    lost: ir.Table

    def find_lost(self, settled_with: str, rows: ir.Table) -> ir.Table:
        """Return ids of rows that are no longer trusted.

        Args:
            settled_with: The digest of the ids with which the rows were settled.
            rows: Rows with `customer_id`. They are read only if the last run was killed between
                the commits of its tables, so that the ids it used are not known.
        """
        if settled_with == self.before:
            return self.lost
        return rows.select(ID).distinct().anti_join(self.trusted, ID)


def compare_customers(checked: ir.Table, customers_before: ir.Table | None) -> CustomerChanges:
    """Compare the trusted customers with those of the last run.

    Args:
        checked: The checked customers.
        customers_before: The trusted customers of the last run; None for the first run.
    """
    trusted = checked.filter(checked.broken_rule.isnull()).select(ID)
    now = _digest_ids(trusted)
    if customers_before is None:
        no_ids = ibis.memtable({ID: []}, schema={ID: "string"})
        return CustomerChanges("", now, trusted, no_ids)
    before = _digest_ids(customers_before)
    lost = customers_before.select(ID).anti_join(trusted, ID) if before != now else trusted.limit(0)
    # The file of the last run is replaced before the ids are used.
    gone = lost.to_pyarrow()
    if len(gone):
        logger.warning(
            "%s customers of the last run are no longer trusted. Their rows leave the tables with "
            "deliveries, as unknown_customer.",
            f"{len(gone):,}",
        )
    return CustomerChanges(before, now, trusted, ibis.memtable(gone))


def _digest_ids(customers: ir.Table) -> str:
    digest = hashlib.sha256()
    for batch in customers.select(ID).order_by(ID).to_pyarrow_batches():
        digest.update("".join(f"{each}\n" for each in batch[ID].to_pylist()).encode())
    return digest.hexdigest()
