"""Turn raw tables into primary tables: typed, deduplicated, checked, without direct identifiers.

In: raw tables as delivered. Out: each table's rows with the rule they break. From these follow the
primary tables, the rejected rows, and the days that usage covers.
"""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.contracts.contract import TableContract
from kedro_asof.params import Timezone
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.row_checks import (
    check_rows,
    drop_bookkeeping,
    select_rejected,
)

DAYS_AROUND = 28  # days with rows on each side of a day, to find the usual number of rows


def check_table(contract: type[TableContract]) -> Callable[..., ir.Table]:
    """Return the node function that casts and checks the rows of one table."""

    def check(
        raw: ir.Table, timezone: Timezone, checked_customers: ir.Table | None = None
    ) -> ir.Table:
        """Cast and check each row against the contract; drop columns that it does not list."""
        return check_rows(raw, contract, timezone.name, checked_customers)

    return check


def collect_rejected_rows(
    contracts: Mapping[str, type[TableContract]],
) -> Callable[..., ir.Table]:
    """Return the node function that collects rejected rows, each once for all its deliveries.

    Args:
        contracts: The contract of each table, which names the key.
    """

    def collect(**checked: ir.Table) -> ir.Table:
        """Collect the rows that break a rule, from all tables."""
        return ibis.union(
            *[select_rejected(rows, name, contracts[name]) for name, rows in checked.items()]
        )

    return collect


def trust_kept_rows(checked: ir.Table, accepted_late_values: pd.DataFrame) -> ir.Table:
    """Keep the rows that break no rule, after both reports are accepted."""
    del accepted_late_values
    return drop_bookkeeping(checked.filter(checked.broken_rule.isnull()))


def measure_coverage(usage: ir.Table, params: IngestionParams) -> ir.Table:
    """Find the first and last complete day of usage.

    A day is complete if it has `full_day_share` of the median rows of the days around it. A day
    that is half delivered, or a mistyped date, is not complete.

    Args:
        usage: The trusted rows of usage.
        params: `full_day_share`.

    Returns:
        One row: `first_day`, `last_day`.
    """
    days = usage.group_by("day").agg(rows=ibis._.count()).order_by("day").to_pandas()
    around = days["rows"].rolling(2 * DAYS_AROUND + 1, center=True, min_periods=1)
    whole = days.loc[days["rows"] >= params.full_day_share * around.median(), "day"]
    covered = {"first_day": [whole.min()], "last_day": [whole.max()]}
    return ibis.memtable(pd.DataFrame(covered), schema=dict.fromkeys(covered, "date"))
