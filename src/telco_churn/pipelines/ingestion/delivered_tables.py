"""Ingest the new deliveries of an event table, and exchange rows whose delivery changed.

In: the new deliveries, with the table as it was before. Out: the rows with a finding, each with
the rule it breaks; and the change of the trusted table. Most rows break no rule and have a key of
their own: these go straight into the trusted table, in one pass. All others are settled together
with the earlier rows of the same keys. The result is the same for any order of deliveries.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from kedro_asof.contracts.contract import TableContract
from kedro_asof.contracts.execution import find_repeated_keys
from kedro_asof.contracts.row_rules import column_types, key_columns
from kedro_asof.deliveries.change import TableChange, flag_keys
from kedro_asof.deliveries.folder import DELIVERED_IN
from kedro_asof.deliveries.log import Record
from kedro_asof.engines.union import unite
from telco_churn.parameters.ingestion import JudgedTableParams
from telco_churn.pipelines.ingestion.customer_changes import CustomerChanges
from telco_churn.pipelines.ingestion.new_deliveries import NewDeliveries
from telco_churn.pipelines.ingestion.row_checks import (
    apply_rules,
    find_sound,
    settle_repeats,
)

Contract = type[TableContract]
UNKNOWN = "unknown_customer"


def is_kept(checked: ir.Table) -> ir.BooleanValue:
    """Return whether each row with a finding is in the trusted table all the same."""
    return checked.broken_rule.isnull() & ~checked.is_duplicate


@dataclass(frozen=True)
class PlannedChange:
    """The change of a trusted table that the reports may still stop.

    Attributes:
        change: The change.
        new: The deliveries that it is made of.
        kept: The trusted rows after the change.
    """

    change: TableChange
    new: NewDeliveries
    kept: ir.Table


def find_keys_to_settle(table: JudgedTableParams) -> Callable[..., ir.Table]:
    """Return the node function that finds the keys with more than one row, or a changed one."""
    key = key_columns(table.contract)

    def find(new: NewDeliveries, customers: CustomerChanges | None = None) -> ir.Table:
        """Find the keys whose rows must be settled together.

        These are keys that new rows have twice or share with earlier rows, keys of which a row with
        a finding leaves, and keys of customers who became trusted or are no longer.
        """
        keys = list(_list_keys_to_settle(new, customers, table))
        return unite([each.select(*key) for each in keys]).drop_null().distinct()

    return find


def check_new_rows(table: JudgedTableParams) -> Callable[..., TableChange]:
    """Return the node function that settles the rows with a finding."""

    def check(
        new: NewDeliveries, keys: ir.Table, customers: CustomerChanges | None = None
    ) -> TableChange:
        """Settle new rows with a finding, and all rows of the keys to settle.

        Returns:
            The change of the rows with a finding: those that need no settling stay.
        """
        findings = _select_findings(new.typed, keys, customers, table.contract)
        earlier = _list_earlier_rows(new, keys, findings)
        rows = unite([findings, *earlier])
        rows = rows.mutate(own_rule=rows.broken_rule)
        if customers is not None:
            rule = ibis.ifelse(_is_unknown(rows, customers), UNKNOWN, None)
            rows = rows.mutate(broken_rule=ibis.coalesce(rows.own_rule, rule))
        return TableChange(
            add=[settle_repeats(rows, table.contract)],
            event_date=_date_of(table),
            follows=new.state.log.last.checked_version,
            settled_keys=keys,
            leaving=list(new.plan.leaving),
            replaces_all=new.plan.is_rebuilt,
            is_needed=_is_needed(new, keys),
        )

    return check


def plan_change(table: JudgedTableParams) -> Callable[..., PlannedChange]:
    """Return the node function that plans the change of the trusted table."""
    types = column_types(table.contract)

    def plan(
        new: NewDeliveries,
        keys: ir.Table,
        checked: ir.Table,
        customers: CustomerChanges | None = None,
    ) -> PlannedChange:
        """Put together the new rows without a finding, and those that settling has kept."""
        columns = [name for name in types if name in new.typed.columns]
        plain = _select_plain(new.typed, keys, customers, table.contract)
        plain = plain.select(*columns, DELIVERED_IN)
        settled = flag_keys(checked.filter(is_kept(checked)), keys)
        is_new = settled[DELIVERED_IN].isin(new.plan.new_files)
        settled = settled.filter(is_new | settled.is_settled).select(*columns, DELIVERED_IN)
        left_out = checked.filter(~is_kept(checked)).count().to_pyarrow().as_py()
        record = Record(
            new=new.plan.new,
            leaving=new.plan.leaving,
            withdrawn=new.plan.withdrawn,
            is_rebuilt=new.plan.is_rebuilt,
            rules=new.rules,
            customers=customers.now if customers else "",
        )
        change = TableChange(
            add=[plain, settled],
            event_date=_date_of(table),
            follows=new.state.log.version,
            settled_keys=keys,
            leaving=list(new.plan.leaving),
            replaces_all=new.plan.is_rebuilt,
            record=record,
            rows_after=new.count_delivered() - left_out,
            is_needed=_is_needed(new, keys) or record.customers != new.state.log.last.customers,
        )
        before = [] if new.kept is None else [change.remove_leaving(new.kept)]
        after = unite([each.select(*columns) for each in [*before, plain, settled]])
        return PlannedChange(change, new, after)

    return plan


def trust_change(planned: PlannedChange, accepted_late_values: Any) -> TableChange:
    """Return the change of the trusted table, after both reports are accepted.

    Raises:
        NotReadyError: When a file of the change is being written again.
    """
    del accepted_late_values
    for file in planned.new.files:
        file.check_unchanged()
    return planned.change


def _list_keys_to_settle(
    new: NewDeliveries, customers: CustomerChanges | None, table: JudgedTableParams
) -> Iterator[ir.Table]:
    key = key_columns(table.contract)
    yield find_repeated_keys(new.typed, key)
    kept, checked = new.kept, new.checked
    if new.plan.new:
        keys = new.typed.select(*key)
        if kept is not None:
            yield _select_days(kept, new.typed, table).semi_join(keys, key)
        if checked is not None:
            yield checked.semi_join(keys, key)
    if new.plan.leaving and checked is not None:
        yield checked.filter(checked[DELIVERED_IN].isin(list(new.plan.leaving)))
    if customers is None or customers.now == new.state.log.last.customers or kept is None:
        return
    lost = customers.find_lost(new.state.log.last.customers, kept)
    yield kept.semi_join(lost, "customer_id")
    if checked is not None:
        yield checked.semi_join(lost, "customer_id")
        unknown = checked.filter(checked.broken_rule == UNKNOWN)
        yield unknown.semi_join(customers.trusted, "customer_id")


def _select_days(kept: ir.Table, typed: ir.Table, table: JudgedTableParams) -> ir.Table:
    """Return the rows of days that new rows have, if a key cannot have rows of two days."""
    date = _date_of(table)
    if date not in key_columns(table.contract):
        return kept
    days = typed.select(date).distinct().drop_null().to_pyarrow()[date].to_pylist()
    return kept.filter(kept[date].isin(days))


def _list_earlier_rows(
    new: NewDeliveries, keys: ir.Table, findings: ir.Table
) -> Iterator[ir.Table]:
    """Yield the earlier rows of the keys to settle that stay, as they were before settling."""
    leaving = list(new.plan.leaving)
    kept, checked = new.kept, new.checked
    if checked is not None:
        rows = flag_keys(checked, keys)
        rows = rows.filter(rows.is_settled, ~rows[DELIVERED_IN].isin(leaving))
        yield rows.mutate(broken_rule=rows.own_rule)
    if kept is not None:
        rows = flag_keys(kept, keys)
        rows = rows.filter(rows.is_settled, ~rows[DELIVERED_IN].isin(leaving))
        if checked is not None:  # which has these rows, too
            rows = rows.anti_join(checked.filter(is_kept(checked)), keys.columns)
        empty = {
            name: ibis.null(kind)
            for name, kind in findings.schema().items()
            if name not in rows.columns
        }
        yield rows.mutate(**empty)


def _select_plain(
    typed: ir.Table, keys: ir.Table, customers: CustomerChanges | None, contract: Contract
) -> ir.Table:
    """Return the rows without a finding, which can go straight into the trusted table."""
    rows = flag_keys(typed.filter(find_sound(typed, contract)).drop("raw_row"), keys)
    rows = rows.filter(~rows.is_settled)
    return rows if customers is None else rows.filter(~_is_unknown(rows, customers))


def _select_findings(
    typed: ir.Table, keys: ir.Table, customers: CustomerChanges | None, contract: Contract
) -> ir.Table:
    """Return all other rows, each with the first rule that it breaks by itself."""
    rows = flag_keys(typed.mutate(is_sound=find_sound(typed, contract)), keys)
    has_finding = ~rows.is_sound | rows.is_settled
    if customers is not None:
        has_finding |= _is_unknown(rows, customers)
    return apply_rules(rows.filter(has_finding), contract, keep=[DELIVERED_IN])


def _is_unknown(rows: ir.Table, customers: CustomerChanges) -> ir.BooleanValue:
    return (~rows.customer_id.isin(customers.trusted.customer_id)).fill_null(True)


def _is_needed(new: NewDeliveries, keys: ir.Table) -> bool:
    if new.plan.new or new.plan.leaving or new.plan.is_rebuilt:
        return True
    return bool(keys.limit(1).count().to_pyarrow().as_py())


def _date_of(table: JudgedTableParams) -> str:
    assert table.event_date is not None
    return table.event_date
