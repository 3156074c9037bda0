"""Add the errors of real deliveries to clean tables; no clean row is lost.

In: a clean Arrow table of one block. Out: the same rows, followed by bad rows.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from telco_churn.parameters.simulation import MessParams

# An impossible value of a column, by table.
IMPOSSIBLE_VALUES: dict[str, tuple[str, object]] = {
    "customers": ("segment", "unknown"),
    "subscriptions": ("monthly_price", -1.0),
    "usage": ("call_minutes", -5.0),
    "invoices": ("amount", -9_999.0),
    "contacts": ("topic", None),
    "cancellations": ("reason", ""),
}


def add_mess(table: pa.Table, name: str, mess: MessParams, rng: np.random.Generator) -> pa.Table:
    """Add duplicates, impossible values and unknown customers; drop the missing columns."""
    duplicates = _draw_rows(table, mess.duplicate_fraction, rng)
    impossible = _draw_rows(table, mess.impossible_fraction, rng)
    unknown = _draw_rows(table, mess.unknown_customer_fraction, rng)
    column, value = IMPOSSIBLE_VALUES[name]
    strangers = [f"X{number:09d}" for number in range(unknown.num_rows)]
    parts = [table, duplicates, _replace(impossible, column, [value] * impossible.num_rows)]
    if name != "customers":
        parts.append(_replace(unknown, "customer_id", strangers))
    return pa.concat_tables(parts).drop_columns(mess.missing_columns.get(name, []))


def _draw_rows(table: pa.Table, fraction: float, rng: np.random.Generator) -> pa.Table:
    return table.take(np.sort(rng.choice(len(table), round(len(table) * fraction), replace=False)))


def _replace(table: pa.Table, column: str, values: Sequence[object]) -> pa.Table:
    position = table.schema.get_field_index(column)
    kind = table.schema.field(column).type
    return table.set_column(position, column, pa.array(values, kind))
