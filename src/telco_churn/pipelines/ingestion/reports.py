"""Count the rows and late values of raw tables by outcome: kept, duplicate, or the rule they break.

In: checked rows, and the changes of tables with deliveries. Out: reports that account for each row.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.deliveries.log import Delivery
from telco_churn.contracts.ingestion import BLANKED, DUPLICATE, KEPT
from telco_churn.pipelines.ingestion.delivered_tables import PlannedChange, is_kept
from telco_churn.pipelines.ingestion.row_checks import BLANKED_BY

CHANGE = "_change"  # suffix of the change of a table with deliveries


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
