"""Accounts for the values of columns that are filled in later, which may be blanked.

In: checked rows of the tables with such columns. Out: late_value_report, or a refusal.
"""

import logging
from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.contracts.row_rules import late_columns
from kedro_asof.errors import RefusedError
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.nodes import BLANKED, CONTRACTS, KEPT
from telco_churn.pipelines.ingestion.row_checks import BLANKED_BY

logger = logging.getLogger(__name__)

LATE_TABLES = tuple(table for table, contract in CONTRACTS.items() if late_columns(contract))
FEW_VALUES = 10  # fewer blanked values of a column may be slips: they never stop a run


class TooManyBlankedError(RefusedError):
    """More of a column was blanked than `ingestion.max_blanked_fraction` allows."""


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
    blanked = [
        (str(table), _describe(str(table), str(column), values), _is_over(values, allowed))
        for (table, column), values in late_value_report.groupby(["table", "column"], sort=False)
        if _count_blanked(values)
    ]
    too_many = {message: f"checked_{table}" for table, message, is_over in blanked if is_over}
    if too_many:
        raise TooManyBlankedError(
            f"{' '.join(too_many)} Allowed is {allowed:.1%} of the values of a column"
            " (ingestion.max_blanked_fraction). Look at raw_content in"
            f" {' and '.join(dict.fromkeys(too_many.values()))}, then deliver the table again or"
            " raise the limit in conf/base/parameters/ingestion.yml."
        )
    for _, message, _ in blanked:
        logger.warning("%s Their rows are kept without them.", message)
    return late_value_report


def _count_values(checked: ir.Table, name: str) -> Iterator[dict[str, Any]]:
    """Count all columns of a table in one scan, grouped by the rules that blanked them."""
    late = [column for column in late_columns(CONTRACTS[name]) if column in checked.columns]
    kept = checked.filter(checked.broken_rule.isnull())
    grouped = kept.group_by([f"{column}{BLANKED_BY}" for column in late])
    present = {column: kept[column].count() for column in late}
    counts = grouped.agg(rows=ibis._.count(), **present).to_pandas()
    for column in late:
        by_rule = counts.groupby(f"{column}{BLANKED_BY}")["rows"].sum().add_prefix(BLANKED)
        outcomes = {KEPT: counts[column].sum()} | by_rule.to_dict()
        for outcome, values in outcomes.items():
            yield {"table": name, "column": column, "outcome": outcome, "values": int(values)}


def _count_blanked(values: pd.DataFrame) -> int:
    return int(values.loc[values["outcome"] != KEPT, "values"].sum())


def _is_over(values: pd.DataFrame, allowed: float) -> bool:
    blanked = _count_blanked(values)
    return blanked >= FEW_VALUES and blanked / values["values"].sum() > allowed


def _describe(table: str, column: str, values: pd.DataFrame) -> str:
    blanked, delivered = _count_blanked(values), values["values"].sum()
    rules = values[values["outcome"] != KEPT]
    by_rule = ", ".join(
        f"{outcome.removeprefix(BLANKED)} {count:,}"
        for outcome, count in zip(rules["outcome"], rules["values"], strict=True)
    )
    return (
        f"raw_{table}: {blanked:,} of {delivered:,} values of {column} "
        f"({blanked / delivered:.1%}) blanked ({by_rule})."
    )
