"""Compute the features of a few rows, and compare them with the expected ones.

In: a test of `feature_tests.yml`, parameters and contracts. Out: the features that differ. The
nodes of the pipeline compute them, in DuckDB.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import pyarrow as pa

from kedro_asof.contracts.row_rules import column_types
from kedro_asof.errors import BrokenContractError
from kedro_asof.readiness import ReadinessParams
from telco_churn.errors import InvalidFeatureTestError
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.features.feature_test_model import (
    FeatureSettings,
    FeatureTest,
    list_allowed,
)
from telco_churn.pipelines.features.pipeline import create_pipeline
from telco_churn.pipelines.features.static_features import STATIC_FEATURES, list_static_features

CUSTOMER = "customer_id"
LONG_BEFORE = timedelta(days=365)  # from `as_of` back: the date of a row that has none
TOLERANCE = 1e-6  # features are rounded to six decimals
NOT_ELIGIBLE = "none, not eligible"

Row = dict[str, Any]
Tables = dict[str, list[Row]]


@dataclass(frozen=True)
class Difference:
    """A feature that differs from the expected one.

    Attributes:
        customer: The customer.
        feature: The name of the feature; `features` if the customer should have none.
        expected: The expected value.
        computed: The computed value.
        rows: The rows that the feature reads, as the test gives them; those in its window.
    """

    customer: str
    feature: str
    expected: object
    computed: object
    rows: list[Row]


def list_tables(features: FeatureParams) -> list[str]:
    """List the tables that features are computed from."""
    static = [each.table for each in list_static_features(features.absent)]
    return list(dict.fromkeys(["customers", "cancellations", *static, *features.windows]))


def run_test(test: FeatureTest, settings: FeatureSettings) -> list[Difference]:
    """Compute the features of a test, and return those that differ.

    Raises:
        InvalidFeatureTestError: When a row breaks the contract of its table.
    """
    given = _name_customers(test, settings)
    return list(_compare(test, _compute(test, given, settings), given, settings))


def _name_customers(test: FeatureTest, settings: FeatureSettings) -> Tables:
    """Return the given rows, each with its customer, and a row for each customer."""
    customers = list(test.expect)
    given: Tables = {
        table: [
            {CUSTOMER: customers[0]} | row.model_dump(exclude_unset=True)
            for row in getattr(test.rows, table)
        ]
        for table in settings.contracts
    }
    customers += [row[CUSTOMER] for rows in given.values() for row in rows]
    known = {row[CUSTOMER] for row in given["customers"]}
    new = [{CUSTOMER: name} for name in dict.fromkeys(customers) if name not in known]
    return given | {"customers": given["customers"] + new}


def _compute(test: FeatureTest, given: Tables, settings: FeatureSettings) -> dict[str, Row]:
    """Return the features of each eligible customer, from the tables with an expected one."""
    expected = {name for each in test.expect.values() if each for name in each.model_fields_set}
    sources = {_find_source(name, settings.features) for name in expected}
    # Fewer tables save time: ibis takes a second to write the SQL of all features.
    absent = sorted(set(given) - sources - set(settings.label.event_tables))
    # A dump has no tiles.
    features = FeatureParams(**settings.features.model_dump() | {"absent": absent})
    data: dict[str, Any] = {
        "scoring_dates": [test.as_of],
        "params:features": features,
        "params:label": settings.label,
        "params:eligibility": settings.eligibility,
    }
    engine = ibis.duckdb.connect()
    for table, rows in given.items():
        contract = settings.contracts[table]
        completed = _complete(rows, table, test.as_of, contract)
        data[table] = engine.create_table(table, completed, temp=True)
        try:
            data[table] = contract.validate(data[table]) if rows else data[table]
        except BrokenContractError as error:
            raise InvalidFeatureTestError(f"invalid rows of {table}: {error}") from error
    readiness = ReadinessParams(sources={})
    pipeline = create_pipeline(features, settings.label, settings.eligibility, readiness)
    for node in pipeline.only_nodes_with_tags("scoring").nodes:
        if "scoring_dates" not in node.outputs:
            data |= node.run({name: data[name] for name in node.inputs})
    return {row[CUSTOMER]: row for row in data["customer_features"].to_pyarrow().to_pylist()}


def _complete(rows: list[Row], table: str, as_of: date, contract: Any) -> pa.Table:
    """Give each row all columns; an optional column only if a row of the table has it.

    A date that a row leaves out is the first date that the row has.
    """
    columns = contract.to_schema().columns
    types = {
        name: kind
        for name, kind in column_types(contract).items()
        if columns[name].required or any(name in row for row in rows)
    }
    completed = []
    for number, row in enumerate(rows, 1):
        days = (row[name] for name in types if isinstance(row.get(name), date))
        day, word = next(days, as_of - LONG_BEFORE), f"{table}_{number}"
        plain = {name: _choose_value(columns[name], types[name], day, word) for name in types}
        completed.append(plain | row)
    given = {name: "date" if kind.is_temporal() else kind for name, kind in types.items()}
    table_of_days = pa.Table.from_pylist(completed, ibis.schema(given).to_pyarrow())
    return table_of_days.cast(ibis.schema(types).to_pyarrow())


def _choose_value(column: Any, kind: Any, day: date, word: str) -> Any:
    """Choose a plain value that a contract allows: null, a date, 0, the first text, or a word."""
    if column.nullable:
        return None
    if kind.is_temporal():
        return day
    if kind.is_boolean():
        return False
    if kind.is_numeric():
        return max([0, *(check.statistics.get("min_value") or 0 for check in column.checks)])
    return next(iter(list_allowed(column)), word)


def _compare(
    test: FeatureTest, found: Mapping[str, Row], given: Tables, settings: FeatureSettings
) -> Iterator[Difference]:
    for customer, features in test.expect.items():
        computed = found.get(customer)
        if features is None and computed:
            yield Difference(customer, "features", NOT_ELIGIBLE, "some, eligible", [])
        expected = features.model_dump(exclude_unset=True) if features else {}
        for name, value in expected.items():
            got = computed[name] if computed else NOT_ELIGIBLE
            if not _is_equal(value, got):
                rows = _list_read(name, test.as_of, given, settings.features)
                of_customer = [row for row in rows if row[CUSTOMER] == customer]
                yield Difference(customer, name, value, got, of_customer)


def _find_source(name: str, features: FeatureParams) -> str:
    """Return the table of a feature."""
    static = {feature: each.table for each in STATIC_FEATURES for feature in each.features}
    return (static | {each.name: each.table for each in features.list_features()})[name]


def _list_read(name: str, as_of: date, given: Tables, features: FeatureParams) -> list[Row]:
    """List the rows that a feature reads: those in its window, or all without a window."""
    rows = given[_find_source(name, features)]
    for feature in features.list_features():
        if feature.name == name:
            day = features.windows[feature.table].date
            return [row for row in rows if 0 < (as_of - row[day]).days <= feature.reach]
    return rows


def _is_equal(expected: object, computed: object) -> bool:
    if isinstance(expected, float) and isinstance(computed, float):
        return math.isclose(expected, computed, rel_tol=0, abs_tol=TOLERANCE)
    return expected == computed
