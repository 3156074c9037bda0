"""Turn raw tables into primary tables: typed, deduplicated, checked, without direct identifiers.

In: raw tables as delivered. Out: each table's rows with the rule they break. From these follow the
primary tables, the rejected rows, and reports that account for every row and late value.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.contracts.contract import TableContract
from kedro_asof.params import Timezone
from telco_churn.contracts.ingestion import BLANKED, DUPLICATE, KEPT, is_rejected
from telco_churn.errors import TooManyBlankedError, TooManyRejectedError
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.row_checks import (
    BLANKED_BY,
    check_rows,
    drop_bookkeeping,
    select_rejected,
)

logger = logging.getLogger(__name__)

DAYS_AROUND = 28  # days with rows on each side of a day, to find the usual number of rows
FEW_VALUES = 10  # fewer blanked values of a column can be typos: they never stop a run
WHAT_TO_DO = (
    "then deliver the table again, or raise the limit in conf/base/parameters/ingestion.yml."
)


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


def report_ingestion(**checked: ir.Table) -> pd.DataFrame:
    """Count the delivered rows by table and outcome: kept, duplicate, or the rule they break.

    Args:
        **checked: The checked rows by name of the table.

    Returns:
        `table`, `outcome`, `rows`.
    """
    return pd.concat([_count_outcomes(rows, name) for name, rows in checked.items()])


def report_late_values(**checked: ir.Table) -> pd.DataFrame:
    """Count the delivered values of late columns by outcome: kept, or blanked by a rule.

    Args:
        **checked: The checked rows by name of the table, for tables with late columns.

    Returns:
        One row per `table`, `column` and `outcome`, with the number of `values`. Empty values,
        rejected rows and duplicates do not count.
    """
    counts = [count for name, rows in checked.items() for count in _count_values(rows, name)]
    types = {"table": "str", "column": "str", "outcome": "str", "values": "int64"}
    return pd.DataFrame(counts, columns=list(types)).astype(types)


def stop_when_too_many_rejected(
    ingestion_report: pd.DataFrame, rejected_rows: ir.Table, params: IngestionParams
) -> pd.DataFrame:
    """Return the report, or stop the run if too large a share of a table was rejected.

    Args:
        ingestion_report: Rows by table and outcome.
        rejected_rows: Not read; an input, so that a run stops only after they are saved.
        params: `max_rejected_fraction`.

    Raises:
        TooManyRejectedError: Names each table over the limit, its share and its counts by rule.
    """
    del rejected_rows
    too_many = [
        message
        for table, outcomes in ingestion_report.groupby("table", sort=False)
        if (message := _complain(str(table), outcomes, params.max_rejected_fraction))
    ]
    if too_many:
        raise TooManyRejectedError(
            f"{' '.join(too_many)} Expected at most {params.max_rejected_fraction:.1%}"
            f" (ingestion.max_rejected_fraction). Inspect rejected_rows, {WHAT_TO_DO}"
        )
    return ingestion_report


def stop_when_too_many_blanked(
    late_value_report: pd.DataFrame, accepted_report: pd.DataFrame, params: IngestionParams
) -> pd.DataFrame:
    """Return the report, or stop the run if too large a share of a late column was blanked.

    Warns of every column with fewer blanked values.

    Args:
        late_value_report: Values by table, column and outcome.
        accepted_report: Not read; an input, so that the share of rejected rows is checked first.
        params: `max_blanked_fraction`.

    Raises:
        TooManyBlankedError: Names each column over the limit, its share and its counts by rule.
    """
    del accepted_report
    allowed = params.max_blanked_fraction
    blanked = list(_find_blanked(late_value_report, allowed))
    too_many = {message: f"checked_{table}" for table, message, is_over in blanked if is_over}
    if too_many:
        raise TooManyBlankedError(
            f"{' '.join(too_many)} Expected at most {allowed:.1%} of the values of a column"
            " (ingestion.max_blanked_fraction). Inspect raw_content in"
            f" {' and '.join(dict.fromkeys(too_many.values()))}, {WHAT_TO_DO}"
        )
    for _, message, _ in blanked:
        logger.warning("%s Their rows are kept without these values.", message)
    return late_value_report


def trust_kept_rows(checked: ir.Table, accepted_late_values: pd.DataFrame) -> ir.Table:
    """Keep the rows that break no rule, after both reports are accepted."""
    del accepted_late_values
    return drop_bookkeeping(checked.filter(checked.broken_rule.isnull()))


def measure_coverage(
    checked_usage: ir.Table, accepted_late_values: pd.DataFrame, params: IngestionParams
) -> ir.Table:
    """Find the first and last complete day of usage, after both reports are accepted.

    A day is complete if it has `full_day_share` of the median rows of the days around it. A day
    that is half delivered, or a mistyped date, is not complete.

    Args:
        checked_usage: Rows of usage, with `broken_rule`.
        accepted_late_values: Not read; an input for the order of the nodes.
        params: `full_day_share`.

    Returns:
        One row: `first_day`, `last_day`.
    """
    del accepted_late_values
    kept = checked_usage.filter(checked_usage.broken_rule.isnull())
    days = kept.group_by("day").agg(rows=ibis._.count()).order_by("day").to_pandas()
    around = days["rows"].rolling(2 * DAYS_AROUND + 1, center=True, min_periods=1)
    whole = days.loc[days["rows"] >= params.full_day_share * around.median(), "day"]
    covered = {"first_day": [whole.min()], "last_day": [whole.max()]}
    return ibis.memtable(pd.DataFrame(covered), schema=dict.fromkeys(covered, "date"))


def _count_outcomes(checked: ir.Table, name: str) -> pd.DataFrame:
    outcome = ibis.coalesce(checked.broken_rule, ibis.literal(BLANKED) + checked.blanked_by, KEPT)
    counts = checked.group_by(outcome=outcome).agg(
        rows=ibis._.count(), duplicates=(ibis._.copies - 1).sum()
    )
    frame = counts.order_by("outcome").to_pandas().set_index("outcome")
    kept = frame["rows"].get(KEPT, 0)
    others = frame["rows"].drop(KEPT, errors="ignore").to_dict()
    outcomes = {KEPT: kept, DUPLICATE: frame["duplicates"].sum(), **others}
    rows = pd.Series(outcomes, name="rows", dtype="int64").rename_axis("outcome").reset_index()
    return rows.assign(table=name)[["table", "outcome", "rows"]]


def _count_values(checked: ir.Table, name: str) -> Iterator[dict[str, Any]]:
    """Count the values of all late columns in one scan, grouped by the rules that blanked them."""
    rules = [column for column in checked.columns if column.endswith(BLANKED_BY)]
    late = [rule.removesuffix(BLANKED_BY) for rule in rules]
    kept = checked.filter(checked.broken_rule.isnull())
    present = {column: kept[column].count() for column in late}
    counts = kept.group_by(rules).agg(rows=ibis._.count(), **present).to_pandas()
    for column, rule in zip(late, rules, strict=True):
        by_rule = counts.groupby(rule)["rows"].sum().add_prefix(BLANKED)
        outcomes = {KEPT: counts[column].sum()} | by_rule.to_dict()
        for outcome, values in outcomes.items():
            yield {"table": name, "column": column, "outcome": outcome, "values": int(values)}


def _complain(table: str, outcomes: pd.DataFrame, allowed: float) -> str | None:
    rejected = outcomes[is_rejected(outcomes["outcome"])].set_index("outcome")["rows"]
    delivered = outcomes["rows"].sum()
    share = rejected.sum() / max(delivered, 1)
    if share <= allowed:
        return None
    return f"raw_{table}: {share:.1%} of {delivered:,} rows rejected ({_list(rejected)})."


def _find_blanked(report: pd.DataFrame, allowed: float) -> Iterator[tuple[str, str, bool]]:
    """Yield the table, a message and whether it is over the limit, for each blanked column."""
    for (table, column), rows in report.groupby(["table", "column"], sort=False):
        values = rows.set_index("outcome")["values"]
        by_rule = values.drop(KEPT, errors="ignore")
        blanked, delivered = by_rule.sum(), values.sum()
        if not blanked:
            continue
        share = blanked / delivered
        message = (
            f"raw_{table}: {blanked:,} of {delivered:,} values of {column} ({share:.1%}) blanked "
            f"({_list(by_rule)})."
        )
        yield str(table), message, bool(blanked >= FEW_VALUES and share > allowed)


def _list(by_rule: pd.Series) -> str:
    return ", ".join(f"{str(rule).removeprefix(BLANKED)} {n:,}" for rule, n in by_rule.items())
