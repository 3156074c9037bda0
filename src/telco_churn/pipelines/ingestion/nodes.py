"""From raw tables to trusted ones: typed, deduplicated, judged row by row, identifiers removed.

In: raw tables as delivered. Out: each table's rows with the rule they break; from these the primary
tables, the rejected rows of all tables, and reports that account for every row and late value.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.contracts.contract import TableContract
from kedro_asof.errors import RefusedError
from telco_churn.contracts.ingestion import BLANKED, DUPLICATE, KEPT, is_rejected
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.row_checks import (
    BLANKED_BY,
    check_rows,
    drop_bookkeeping,
    select_rejected,
)

logger = logging.getLogger(__name__)

DAYS_AROUND = 28  # with rows, on each side of a day, that show how many rows are usual
FEW_VALUES = 10  # fewer blanked values of a column may be slips: they never stop a run
WHAT_TO_DO = (
    "then deliver the table again or raise the limit in conf/base/parameters/ingestion.yml."
)


class TooManyRejectedError(RefusedError):
    """More of a table was rejected than `ingestion.max_rejected_fraction` allows."""


class TooManyBlankedError(RefusedError):
    """More of a column was blanked than `ingestion.max_blanked_fraction` allows."""


def check_table(contract: type[TableContract]) -> Callable[..., ir.Table]:
    """Make the node function that types and judges the rows of one table."""

    def check(raw: ir.Table, checked_customers: ir.Table | None = None) -> ir.Table:
        """Type and judge rows; columns that the contract does not have end here."""
        return check_rows(raw, contract, checked_customers)

    return check


def collect_rejected_rows(
    contracts: Mapping[str, type[TableContract]],
) -> Callable[..., ir.Table]:
    """Make the node function that gathers rejected rows, each once however often it was delivered.

    Args:
        contracts: By table; they name the key.
    """

    def collect(**checked: ir.Table) -> ir.Table:
        """Gather the rows that broke a rule."""
        return ibis.union(
            *[select_rejected(rows, name, contracts[name]) for name, rows in checked.items()]
        )

    return collect


def report_ingestion(**checked: ir.Table) -> pd.DataFrame:
    """Account for every delivered row: kept, a duplicate, or rejected by which rule.

    Args:
        **checked: The checked rows of each table, by its name.
    """
    return pd.concat([_count_outcomes(rows, name) for name, rows in checked.items()])


def report_late_values(**checked: ir.Table) -> pd.DataFrame:
    """Account for every value of a column that is filled in later: kept, or blanked by which rule.

    Args:
        **checked: The checked rows of each table with such columns, by its name.

    Returns:
        One row per `table`, `column` and `outcome`, with its number of `values`. Empty values,
        rejected rows and further deliveries of a row do not count.
    """
    counts = [count for name, rows in checked.items() for count in _count_values(rows, name)]
    return pd.DataFrame(counts, columns=["table", "column", "outcome", "values"])


def stop_when_too_many_rejected(
    ingestion_report: pd.DataFrame, rejected_rows: ir.Table, params: IngestionParams
) -> pd.DataFrame:
    """Let the report pass when no table lost too large a share of its rows.

    Args:
        ingestion_report: Rows by table and outcome.
        rejected_rows: Not read: the run stops only once they are saved.
        params: The largest share allowed.

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
            f"{' '.join(too_many)} Allowed is {params.max_rejected_fraction:.1%}"
            f" (ingestion.max_rejected_fraction). Look at rejected_rows, {WHAT_TO_DO}"
        )
    return ingestion_report


def stop_when_too_many_blanked(
    late_value_report: pd.DataFrame, accepted_report: pd.DataFrame, params: IngestionParams
) -> pd.DataFrame:
    """Let the report pass when no column lost too large a share of its values; warn of fewer.

    Args:
        late_value_report: Values by table, column and outcome.
        accepted_report: Not read: the share of rejected rows is judged first.
        params: The largest share allowed.

    Raises:
        TooManyBlankedError: Names each column over the limit, its share and its counts by rule.
    """
    del accepted_report
    allowed = params.max_blanked_fraction
    blanked = list(_find_blanked(late_value_report, allowed))
    too_many = {message: f"checked_{table}" for table, message, is_over in blanked if is_over}
    if too_many:
        raise TooManyBlankedError(
            f"{' '.join(too_many)} Allowed is {allowed:.1%} of the values of a column"
            " (ingestion.max_blanked_fraction). Look at raw_content in"
            f" {' and '.join(dict.fromkeys(too_many.values()))}, {WHAT_TO_DO}"
        )
    for _, message, _ in blanked:
        logger.warning("%s Their rows are kept without them.", message)
    return late_value_report


def trust_kept_rows(checked: ir.Table, accepted_late_values: pd.DataFrame) -> ir.Table:
    """Keep the rows that break no rule, once the reports were accepted."""
    del accepted_late_values
    return drop_bookkeeping(checked.filter(checked.broken_rule.isnull()))


def measure_coverage(
    checked_usage: ir.Table, accepted_late_values: pd.DataFrame, params: IngestionParams
) -> ir.Table:
    """Find the first and last complete day of usage, once the reports were accepted.

    Half a day, or a mistyped date, is not complete. The days around show how many rows are usual,
    as operators grow.

    Args:
        checked_usage: With `broken_rule`.
        accepted_late_values: Not read.
        params: `full_day_share`, from which a day counts.

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
    """Count all late columns of a table in one scan, grouped by the rules that blanked them."""
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
    """Yield for each column with blanked values its table, a message, and if it is too many."""
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
