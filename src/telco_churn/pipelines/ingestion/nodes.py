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
from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.deliveries.log import Delivery
from kedro_asof.params import Timezone
from telco_churn.contracts.ingestion import BLANKED, DUPLICATE, KEPT, is_rejected
from telco_churn.errors import TooManyBlankedError, TooManyRejectedError
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.delivered_tables import PlannedChange, is_kept
from telco_churn.pipelines.ingestion.row_checks import (
    BLANKED_BY,
    check_rows,
    drop_bookkeeping,
    select_rejected,
)

logger = logging.getLogger(__name__)

CHANGE = "_change"  # suffix of the change of a table with deliveries
DAYS_AROUND = 28  # days with rows on each side of a day, to find the usual number of rows
FEW_VALUES = 10  # fewer blanked values of a column, or rejected rows of a file, can be typos
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


def report_ingestion(**tables: ir.Table | PlannedChange) -> pd.DataFrame:
    """Count the delivered rows by table and outcome: kept, duplicate, or the rule they break.

    Args:
        **tables: The checked rows by name of the table. A table with deliveries gives its rows with
            a finding, and its change as `<table>_change`.

    Returns:
        `table`, `outcome`, `rows`.
    """
    counts = []
    for name, checked, planned in _pair(tables):
        if planned is None:
            counts.append(_count_outcomes(checked, name))
        else:
            found = _count_findings(checked).groupby("outcome")["rows"].sum()
            counts.append(_account(name, found, planned.new.count_delivered()))
    return pd.concat(counts)


def report_deliveries(**tables: ir.Table | PlannedChange) -> pd.DataFrame:
    """Count the rows, and the values of late columns, of each new delivery by outcome.

    Args:
        **tables: As for `report_ingestion`, for tables with deliveries.

    Returns:
        `table`, `file`, `column`, `outcome`, `rows`; `column` is empty for whole rows.
    """
    counts = [
        count.assign(table=name, file=delivery.file, column=column)
        for name, checked, planned in _pair(tables)
        if planned is not None
        for delivery, column, count in _count_deliveries(checked, planned)
    ]
    types = {"table": "str", "file": "str", "column": "str", "outcome": "str", "rows": "int64"}
    found = pd.concat(counts) if counts else pd.DataFrame(columns=list(types))
    return found[list(types)].astype(types)


def report_late_values(**tables: ir.Table | PlannedChange) -> pd.DataFrame:
    """Count the delivered values of late columns by outcome: kept, or blanked by a rule.

    Args:
        **tables: As for `report_ingestion`, for tables with late columns.

    Returns:
        One row per `table`, `column` and `outcome`, with the number of `values`. Empty values,
        rejected rows and duplicates do not count.
    """
    counts = [
        {"table": name} | count
        for name, checked, planned in _pair(tables)
        for count in _count_values(*_find_late_rows(checked, planned))
    ]
    types = {"table": "str", "column": "str", "outcome": "str", "values": "int64"}
    return pd.DataFrame(counts, columns=list(types)).astype(types)


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


def _count_outcomes(checked: ir.Table, name: str) -> pd.DataFrame:
    outcome = ibis.coalesce(checked.broken_rule, ibis.literal(BLANKED) + checked.blanked_by, KEPT)
    counts = checked.group_by(outcome=outcome).agg(
        rows=ibis._.count(), duplicates=(ibis._.copies - 1).sum()
    )
    frame = counts.to_pandas().set_index("outcome")
    found = frame["rows"].drop(KEPT, errors="ignore")
    found[DUPLICATE] = frame["duplicates"].sum()
    return _account(name, found, frame.sum().sum())


def _count_findings(checked: ir.Table) -> pd.DataFrame:
    """Count the rows with a finding by file and outcome."""
    outcome = ibis.coalesce(checked.broken_rule, ibis.literal(BLANKED) + checked.blanked_by, KEPT)
    outcome = ibis.ifelse(checked.is_duplicate, DUPLICATE, outcome)
    counts = checked.group_by(checked[DELIVERED_IN].name("file"), outcome=outcome)
    found: pd.DataFrame = counts.agg(rows=ibis._.count()).to_pandas()
    return found


def _account(name: str, found: pd.Series, delivered: int) -> pd.DataFrame:
    """Return the number of rows of a table by outcome; rows without a finding are kept."""
    others = found.drop(KEPT, errors="ignore").sort_index()
    duplicates, rules = others.get(DUPLICATE, 0), others.drop(DUPLICATE, errors="ignore")
    outcomes = {KEPT: delivered - others.sum(), DUPLICATE: duplicates, **rules}
    rows = pd.Series(outcomes, name="rows", dtype="int64").rename_axis("outcome").reset_index()
    return rows.assign(table=name)[["table", "outcome", "rows"]]


def _count_deliveries(
    checked: ir.Table, planned: PlannedChange
) -> Iterator[tuple[Delivery, str, pd.DataFrame]]:
    """Yield each new delivery, a late column or an empty text, and the counts by outcome."""
    new = planned.new.plan.new
    if not new:
        return
    is_new = checked[DELIVERED_IN].isin([each.file for each in new])
    found = _count_findings(checked.filter(is_new)).set_index("outcome")
    for delivery in new:
        of_file = found.loc[found["file"] == delivery.file, "rows"]
        yield delivery, "", _account("", of_file, delivery.rows).drop(columns="table")
    rules = [column for column in checked.columns if column.endswith(BLANKED_BY)]
    if not rules:
        return
    added = planned.change.list_added()
    late = [rule.removesuffix(BLANKED_BY) for rule in rules]
    present = {column: added[column].count() for column in late}
    values = added.group_by(DELIVERED_IN).agg(**present).to_pandas().set_index(DELIVERED_IN)
    kept = checked.filter(is_new, is_kept(checked))
    blanked = kept.group_by(DELIVERED_IN, *rules).agg(rows=ibis._.count()).to_pandas()
    for delivery in new:
        of_file = blanked[blanked[DELIVERED_IN] == delivery.file]
        for column in late:
            by_rule = of_file.groupby(f"{column}{BLANKED_BY}")["rows"].sum().add_prefix(BLANKED)
            here = int(values[column].get(delivery.file, 0))
            outcomes = {KEPT: here} | by_rule.to_dict()
            count = pd.Series(outcomes, name="rows", dtype="int64").rename_axis("outcome")
            yield delivery, column, count.reset_index()


def _find_late_rows(checked: ir.Table, planned: PlannedChange | None) -> tuple[ir.Table, ir.Table]:
    """Return the kept rows of a table, and those of them that may have blanked values."""
    if planned is not None:
        return planned.kept, checked.filter(is_kept(checked))
    kept = checked.filter(checked.broken_rule.isnull())
    return kept, kept


def _count_values(kept: ir.Table, blanked: ir.Table) -> Iterator[dict[str, Any]]:
    """Count the values of all late columns, and the blanked ones by rule."""
    rules = [column for column in blanked.columns if column.endswith(BLANKED_BY)]
    late = [rule.removesuffix(BLANKED_BY) for rule in rules]
    if not rules:
        return
    (present,) = kept.agg(**{name: kept[name].count() for name in late}).to_pyarrow().to_pylist()
    counts = blanked.group_by(rules).agg(rows=ibis._.count()).to_pandas()
    for column, rule in zip(late, rules, strict=True):
        by_rule = counts.groupby(rule)["rows"].sum().add_prefix(BLANKED)
        for outcome, values in ({KEPT: present[column]} | by_rule.to_dict()).items():
            yield {"column": column, "outcome": outcome, "values": int(values)}


def _pair(
    tables: Mapping[str, ir.Table | PlannedChange],
) -> Iterator[tuple[str, ir.Table, PlannedChange | None]]:
    """Yield each table by name: its checked rows, and its change if it has deliveries."""
    for name, checked in tables.items():
        if isinstance(checked, ir.Table):
            planned = tables.get(f"{name}{CHANGE}")
            yield name, checked, planned if isinstance(planned, PlannedChange) else None


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
