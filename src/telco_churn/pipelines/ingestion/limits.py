"""Stop a run if too large a share of its rows was rejected, or of its late values blanked.

In: the reports of ingestion. Out: the same, or an error that names each table over its limit.
"""

import logging
from collections.abc import Iterator

import ibis.expr.types as ir
import pandas as pd

from telco_churn.contracts.ingestion import BLANKED, KEPT, is_rejected
from telco_churn.errors import TooManyBlankedError, TooManyRejectedError
from telco_churn.parameters.ingestion import IngestionParams

logger = logging.getLogger(__name__)

FEW_VALUES = 10  # fewer blanked values of a column, or rejected rows of a file, can be typos
WHAT_TO_DO = (
    "then deliver the table again, or raise the limit in conf/base/parameters/ingestion.yml."
)


def stop_when_too_many_rejected(
    ingestion_report: pd.DataFrame,
    rejected_rows: ir.Table,
    params: IngestionParams,
    delivery_report: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the report, or stop the run if too large a share of a delivery was rejected.

    Args:
        ingestion_report: Rows by table and outcome.
        rejected_rows: Not read; an input, so that a run stops only after they are saved.
        params: `max_rejected_fraction`.
        delivery_report: Rows by table, file and outcome, of the tables with deliveries.

    Raises:
        TooManyRejectedError: Names each delivery or table over the limit, its share and its counts
            by rule.
    """
    del rejected_rows
    allowed = params.max_rejected_fraction
    found = {
        f"raw_{table}": (str(table), outcomes)
        for table, outcomes in ingestion_report.groupby("table", sort=False)
    }
    if delivery_report is not None:
        rows = delivery_report[delivery_report["column"] == ""]
        found = {
            f"raw_{table}/{file}": (str(table), outcomes)
            for (table, file), outcomes in rows.groupby(["table", "file"], sort=False)
        } | found
    too_many: dict[str, list[str]] = {}
    for label, (table, outcomes) in found.items():
        is_table = label == f"raw_{table}"
        is_named = is_table and table in too_many  # its files say more
        few = 0 if is_table else FEW_VALUES
        if not is_named and (message := _complain(label, outcomes, allowed, few)):
            too_many.setdefault(table, []).append(message)
    if too_many:
        messages = [message for of_table in too_many.values() for message in of_table]
        raise TooManyRejectedError(
            f"{' '.join(messages)} Expected at most {allowed:.1%}"
            f" (ingestion.max_rejected_fraction). Inspect rejected_rows, {WHAT_TO_DO}"
        )
    return ingestion_report


def stop_when_too_many_blanked(
    late_value_report: pd.DataFrame,
    accepted_report: pd.DataFrame,
    params: IngestionParams,
    delivery_report: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the report, or stop the run if too large a share of a late column was blanked.

    Warns of every column with fewer blanked values.

    Args:
        late_value_report: Values by table, column and outcome.
        accepted_report: Not read; an input, so that the share of rejected rows is checked first.
        params: `max_blanked_fraction`.
        delivery_report: Values by table, file, column and outcome, of the tables with deliveries.

    Raises:
        TooManyBlankedError: Names each column over the limit, its share and its counts by rule.
    """
    del accepted_report
    allowed = params.max_blanked_fraction
    report = late_value_report.assign(label="raw_" + late_value_report["table"])
    if delivery_report is not None:
        values = delivery_report[delivery_report["column"] != ""].rename(columns={"rows": "values"})
        label = "raw_" + values["table"] + "/" + values["file"]
        report = pd.concat([values.assign(label=label), report])
    blanked = list(_find_blanked(report, allowed))
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


def _complain(label: str, outcomes: pd.DataFrame, allowed: float, few: int) -> str | None:
    rejected = outcomes[is_rejected(outcomes["outcome"])].set_index("outcome")["rows"]
    delivered = outcomes["rows"].sum()
    share = rejected.sum() / max(delivered, 1)
    if share <= allowed or rejected.sum() < few:
        return None
    return f"{label}: {share:.1%} of {delivered:,} rows rejected ({_list(rejected)})."


def _find_blanked(report: pd.DataFrame, allowed: float) -> Iterator[tuple[str, str, bool]]:
    """Yield the table, a message and whether it is over the limit, for each blanked column."""
    groups = report.groupby(["table", "label", "column"], sort=False)
    for (table, label, column), rows in groups:
        values = rows.set_index("outcome")["values"]
        by_rule = values.drop(KEPT, errors="ignore")
        blanked, delivered = by_rule.sum(), values.sum()
        if not blanked:
            continue
        share = blanked / delivered
        message = (
            f"{label}: {blanked:,} of {delivered:,} values of {column} ({share:.1%}) blanked "
            f"({_list(by_rule)})."
        )
        yield str(table), message, bool(blanked >= FEW_VALUES and share > allowed)


def _list(by_rule: pd.Series) -> str:
    return ", ".join(f"{str(rule).removeprefix(BLANKED)} {n:,}" for rule, n in by_rule.items())
