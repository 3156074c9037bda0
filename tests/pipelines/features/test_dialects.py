"""The features are SQL that a warehouse reads."""

from datetime import date

import ibis
import sqlglot

from tests.conftest import simulate_tables, simulation_params
from tests.small_operator import feature_expression


def test_features_compile_for_a_warehouse_that_nobody_is_connected_to() -> None:
    operator = {
        name: ibis.table(ibis.Schema.from_pyarrow(table.schema), name=name)
        for name, table in simulate_tables(simulation_params(customers=10)).items()
        if name != "true_hazard"
    }
    expression = feature_expression(operator, [date(2026, 8, 31), date(2026, 9, 28)])
    query = sqlglot.parse_one(str(ibis.to_sql(expression, dialect="bigquery")), dialect="bigquery")
    assert query.named_selects == list(expression.columns)
    read = {table.name for table in query.find_all(sqlglot.exp.Table)}
    assert set(operator) <= read
