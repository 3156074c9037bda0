"""Count the values of categories that features name, and warn of undeclared values.

In: the checked rows of tables with `expected_values`. Out: category_report, and warnings.
"""

import logging
from collections.abc import Callable, Iterator, Mapping

import ibis.expr.types as ir
import pandas as pd

from telco_churn.parameters.ingestion import JudgedTableParams
from telco_churn.pipelines.ingestion.delivered_tables import PlannedChange

logger = logging.getLogger(__name__)

MOST_VALUES = 20  # unexpected values of a column that are listed one by one
OTHERS = "(other values)"
EXAMPLES = 3
COLUMNS = ["table", "column", "value", "rows", "expected"]


def report_categories(tables: Mapping[str, JudgedTableParams]) -> Callable[..., pd.DataFrame]:
    """Return the node function that counts the values of the columns in `expected_values`."""

    def report(**checked: ir.Table | PlannedChange) -> pd.DataFrame:
        """Count the kept rows by value, and warn of values that are not expected.

        Args:
            **checked: The checked rows by name of the table, or its change if it has deliveries.

        Returns:
            `table`, `column`, `value`, `rows`, `expected`; expected values first, also those
            without a row, then the most frequent of the others.
        """
        counts = [
            _count_values(_select_kept(rows), name, column, expected)
            for name, rows in checked.items()
            for column, expected in tables[name].expected_values.items()
        ]
        found = pd.concat(counts) if counts else pd.DataFrame(columns=COLUMNS)
        for message in _list_unexpected(found):
            logger.warning("%s", message)
        return found

    return report


def _select_kept(checked: ir.Table | PlannedChange) -> ir.Table:
    if isinstance(checked, PlannedChange):
        return checked.kept
    return checked.filter(checked.broken_rule.isnull())


def _count_values(kept: ir.Table, name: str, column: str, expected: list[str]) -> pd.DataFrame:
    kept = kept.filter(kept[column].notnull())
    values = kept.group_by(value=kept[column]).agg(rows=kept.count())
    known = values.filter(values.value.isin(expected)).to_pandas().set_index("value")["rows"]
    strange = values.filter(~values.value.isin(expected))
    listed = strange.order_by([strange.rows.desc(), strange.value]).limit(MOST_VALUES).to_pandas()
    left = int(strange.rows.sum().fill_null(0).to_pyarrow().as_py() - listed["rows"].sum())
    others = pd.DataFrame({"value": [OTHERS], "rows": [left]}) if left else listed.head(0)
    named = known.reindex(expected, fill_value=0).rename_axis("value").reset_index()
    found = [named.assign(expected=True), pd.concat([listed, others]).assign(expected=False)]
    return pd.concat(found).astype({"rows": "int64"}).assign(table=name, column=column)[COLUMNS]


def _list_unexpected(report: pd.DataFrame) -> Iterator[str]:
    for (table, column), values in report.groupby(["table", "column"], sort=False):
        strange = values[~values["expected"].astype(bool)]
        rows, delivered = strange["rows"].sum(), values["rows"].sum()
        if rows:
            examples = ", ".join(repr(value[:40]) for value in strange["value"].head(EXAMPLES))
            yield (
                f"raw_{table}: {rows:,} of {delivered:,} rows ({rows / delivered:.1%}) have a "
                f"{column} that ingestion.tables.{table}.expected_values does not list, for "
                f"example {examples}. These rows are kept, and no feature of a named {column} "
                "counts them. Add the values to conf/base/parameters/ingestion.yml, or map them "
                "under `values` in the catalog."
            )
