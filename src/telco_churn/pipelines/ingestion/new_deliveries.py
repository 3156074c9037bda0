"""Find the deliveries of an event table that a run ingests, and type their rows.

In: the files of a table, and the table as it was before. Out: `NewDeliveries`.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import ibis
import ibis.expr.types as ir

from kedro_asof.contracts.contract import TableContract
from kedro_asof.contracts.row_rules import column_types
from kedro_asof.contracts.validation_cache import digest_contract
from kedro_asof.deliveries.change import TableState
from kedro_asof.deliveries.files import DeliveredFile
from kedro_asof.deliveries.folder import DELIVERED_IN, Deliveries, as_deliveries
from kedro_asof.deliveries.log import Delivery
from kedro_asof.deliveries.plan import DeliveryPlan, plan_deliveries
from kedro_asof.engines.union import unite
from kedro_asof.errors import BrokenContractError, InputError
from kedro_asof.params import Timezone
from kedro_asof.windows.point_in_time import LOADED_AT
from telco_churn.parameters.ingestion import IngestionParams, JudgedTableParams
from telco_churn.pipelines.ingestion.row_checks import type_rows

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewDeliveries:
    """The deliveries that a run ingests.

    Attributes:
        plan: Which files come and leave; the new ones with their numbers of rows.
        state: The table before the run.
        typed: The rows of the new files, as `type_rows` types them, with `delivered_in`.
        files: The new files.
        rules: A digest of everything by which rows are judged.
    """

    plan: DeliveryPlan
    state: TableState
    typed: ir.Table
    files: tuple[DeliveredFile, ...]
    rules: str

    @cached_property
    def kept(self) -> ir.Table | None:
        """The trusted rows before the run, unless the table is made anew."""
        return None if self.plan.is_rebuilt else self.state.open_kept()

    @cached_property
    def checked(self) -> ir.Table | None:
        """The rows with a finding before the run, unless the table is made anew."""
        return None if self.plan.is_rebuilt else self.state.open_checked()

    def count_delivered(self) -> int:
        """Return the number of rows of all deliveries after the run."""
        stay = {} if self.plan.is_rebuilt else dict(self.state.log.deliveries)
        for file in self.plan.leaving:
            stay.pop(file, None)
        stay |= {each.file: each for each in self.plan.new}
        return sum(each.rows for each in stay.values())


def find_deliveries(name: str, table: JudgedTableParams) -> Callable[..., NewDeliveries]:
    """Return the node function that finds the new files of a table and types their rows."""

    def find(
        raw: Deliveries | ir.Table, state: TableState, timezone: Timezone, params: IngestionParams
    ) -> NewDeliveries:
        """Compare the files with the log of the table; open the new ones."""
        deliveries = as_deliveries(raw)
        rules = _digest_rules(table, timezone, deliveries)
        try:
            plan = plan_deliveries(
                deliveries.files,
                state.log,
                _find_reason_to_rebuild(state, rules, params),
                params.list_named(params.withdraw, name),
                params.list_named(params.restore, name),
            )
            logger.info("raw_%s: %s", name, plan.explain())
            opened = deliveries.open(plan.new_files)
            plan = _count_rows(plan, opened, table.contract)
            _check_optional_columns(name, plan, state, table)
        except InputError as error:
            raise type(error)(f"raw_{name}: {error}") from error
        typed = [_type(rows, plan, table, timezone) for rows in opened.values()]
        files = tuple(file for file in deliveries.files if file.name in plan.new_files)
        return NewDeliveries(
            plan,
            state,
            unite(typed) if typed else _make_nothing(table, timezone, state),
            files,
            rules,
        )

    return find


def _digest_rules(table: JudgedTableParams, timezone: Timezone, deliveries: Deliveries) -> str:
    columns = ibis.schema(column_types(table.contract))
    contract = digest_contract(columns, table.contract.to_schema())
    asked = [contract, timezone.name, deliveries.reading, table.event_date, table.loaded_at]
    return hashlib.sha256(str(asked).encode()).hexdigest()


def _find_reason_to_rebuild(state: TableState, rules: str, params: IngestionParams) -> str:
    if params.rebuild:
        return "ingestion.rebuild=true"
    if state.log.deliveries and state.log.last.rules != rules:
        return "its contract, its catalog entry or the time zone changed"
    return ""


def _count_rows(
    plan: DeliveryPlan, opened: dict[tuple[str, ...], ir.Table], contract: type[TableContract]
) -> DeliveryPlan:
    """Return the plan with the number of rows and the types of each new file.

    Raises:
        BrokenContractError: When a file has no rows.
    """
    rows: dict[str, int] = {}
    types: dict[str, dict[str, str]] = {}
    for files, table in opened.items():
        counts = table.group_by(DELIVERED_IN).agg(rows=table.count()).to_pyarrow()
        rows |= {each[DELIVERED_IN]: each["rows"] for each in counts.to_pylist()}
        found = {column: str(kind) for column, kind in table.schema().items()}
        listed = {column: found[column] for column in column_types(contract) if column in found}
        types |= dict.fromkeys(files, listed)
    if empty := [file for file in plan.new_files if not rows.get(file)]:
        raise BrokenContractError(
            f"{empty[0]} has no rows: expected at least one. Deliver it again, or move "
            "it out of the folder."
        )
    new = [replace(each, rows=rows[each.file], types=types[each.file]) for each in plan.new]
    return replace(plan, new=tuple(new))


def _check_optional_columns(
    name: str, plan: DeliveryPlan, state: TableState, table: JudgedTableParams
) -> None:
    """Check that all deliveries have the same optional columns, and warn of types that changed.

    Raises:
        BrokenContractError: Names the file and the column.
    """
    if not plan.new:
        return
    schema = table.contract.to_schema()
    optional = {column for column, rules in schema.columns.items() if not rules.required}
    if table.loaded_at:
        optional -= {LOADED_AT}
    stay = [] if plan.is_rebuilt else _list_staying(plan, state)
    first, last = [*stay, *plan.new][0], [*plan.new[:1], *stay][-1]
    for new in plan.new:
        has, had = {*new.types} & optional, {*first.types} & optional
        if has != had:
            advice = (
                ", or set `loaded_at: delivery` for the table in conf/base/parameters/ingestion.yml"
            )
            raise BrokenContractError(
                f"{new.file} has the optional columns {sorted(has)}, expected {sorted(had)} as in "
                f"{first.file}. Give all deliveries the same columns"
                f"{advice if LOADED_AT in has ^ had else ''}."
            )
        before = last.types
        changed = {column: kind for column, kind in new.types.items() if before[column] != kind}
        for column, kind in changed.items():
            logger.warning(
                "raw_%s: %s of %s is %s, and %s in %s. Values that do not fit %s are rejected.",
                *(name, column, new.file, kind, before[column], last.file),
                schema.columns[column].dtype.type,
            )


def _list_staying(plan: DeliveryPlan, state: TableState) -> list[Delivery]:
    """Return the earlier deliveries whose rows stay in the table, latest last."""
    known = state.log.deliveries.items()
    return [each for file, each in known if file not in plan.leaving]


def _type(
    rows: ir.Table, plan: DeliveryPlan, table: JudgedTableParams, timezone: Timezone
) -> ir.Table:
    if table.loaded_at and LOADED_AT not in rows.columns:
        at = {each.file: datetime.fromisoformat(each.delivered_at) for each in plan.new}
        times = ibis.memtable(
            {DELIVERED_IN: list(at), LOADED_AT: list(at.values())},
            schema={DELIVERED_IN: "string", LOADED_AT: "timestamp('UTC')"},
        )
        rows = rows.inner_join(times, DELIVERED_IN)
    return type_rows(rows, table.contract, timezone.name, keep=[DELIVERED_IN])


def _make_nothing(table: JudgedTableParams, timezone: Timezone, state: TableState) -> ir.Table:
    """Return typed rows of no file."""
    schema = table.contract.to_schema().columns
    kept = state.open_kept()
    present = [] if kept is None else kept.columns
    columns = {
        name: kind
        for name, kind in column_types(table.contract).items()
        if schema[name].required or name in present
    }
    raw = ibis.memtable(ibis.schema({**columns, DELIVERED_IN: "string"}).to_pyarrow().empty_table())
    return type_rows(raw, table.contract, timezone.name, keep=[DELIVERED_IN])
