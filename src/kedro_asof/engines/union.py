"""Put tables together whose types differ in precision only.

In: tables with the same columns. Out: one table.
"""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def unite(tables: Sequence[ir.Table]) -> ir.Table:
    """Return the rows of all tables, with the columns and types of the first.

    Engines give one type several precisions, such as `timestamp` and `timestamp(6)`.
    """
    first, *others = tables
    kinds = first.schema()
    cast = [
        rows.select(
            **{
                name: rows[name] if rows[name].type() == kind else rows[name].cast(kind)
                for name, kind in kinds.items()
            }
        )
        for rows in others
    ]
    return ibis.union(first, *cast)
