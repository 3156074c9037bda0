"""The model of `feature_tests.yml`, made of the contracts of tables and the declared features.

In: contracts, features, and the content of the file. Out: typed tests by name, or one error.
"""

import inspect
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, cast

import pandas as pd
from pydantic import ConfigDict, Field, RootModel, Strict, ValidationError, create_model
from pydantic_core import ErrorDetails

from kedro_asof.contracts.row_rules import column_types
from kedro_asof.params import Block
from kedro_asof.suggestions import describe_unknown
from telco_churn.errors import InvalidFeatureTestError
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.features.nodes import describe_features

FILE = "feature_tests.yml"


class StrictBlock(Block):
    """A block of JSON, in which a text is not a number, and a date is a text."""

    model_config = ConfigDict(strict=True)


class FeatureTest(StrictBlock):
    """Rows of tables, and the features that follow from them."""

    as_of: date = Field(description="Date of the features, YYYY-MM-DD.")
    rows: Any
    expect: Any


def make_model(
    features: FeatureParams, contracts: Mapping[str, Any]
) -> type[RootModel[dict[str, FeatureTest]]]:
    """Make the model of a file: tests by name, with a field for each table, column and feature.

    Args:
        features: The declared features.
        contracts: The contract of each table, by name.
    """
    tables: dict[str, Any] = {
        table: (
            list[_make_row(table, contract, features)],  # type: ignore[misc]
            Field([], description=(inspect.getdoc(contract) or "").split("\n\n")[0]),
        )
        for table, contract in contracts.items()
    }
    expected: dict[str, Any] = {
        each["name"]: (
            (str if each["unit"] == "category" else float) | None,
            Field(None, description=f"{each['meaning']}; unit: {each['unit']}"),
        )
        for each in list_testable(features, contracts).to_dict("records")
    }
    customer = create_model("ExpectedFeatures", __base__=StrictBlock, **expected)
    test = create_model(
        "FeatureTest",
        __base__=FeatureTest,
        __doc__=FeatureTest.__doc__,
        rows=(
            create_model("Rows", __base__=StrictBlock, **tables),
            Field(description="Rows by table. A column that is left out gets a plain value."),
        ),
        expect=(
            dict[str, customer | None],
            Field(min_length=1, description="Features by customer; null expects none at all."),
        ),
    )
    return cast(type[RootModel[dict[str, FeatureTest]]], RootModel[dict[str, test]])


def list_testable(features: FeatureParams, contracts: Mapping[str, Any]) -> pd.DataFrame:
    """List the features of tables with a contract, as `describe_features` does."""
    listed = describe_features(features)
    return listed[listed["source_table"].isin(list(contracts))]


def _make_row(table: str, contract: Any, features: FeatureParams) -> Any:
    """Make the model of a row; only the date of an event with windows is required."""
    schema, window = contract.to_schema(), features.windows.get(table)
    columns: dict[str, Any] = {}
    for name, kind in column_types(contract).items():
        allowed = list_allowed(schema.columns[name])
        python = Literal[tuple(allowed)] if allowed else _find_type(kind)
        is_required = window is not None and name == window.date
        columns[name] = (
            python | None if schema.columns[name].nullable else python,
            ... if is_required else None,
        )
    return create_model(f"Row of {table}", __base__=StrictBlock, **columns)


def _find_type(kind: Any) -> Any:
    types = {
        date: kind.is_date(),
        Annotated[datetime, Strict(False)]: kind.is_timestamp(),  # also a date
        bool: kind.is_boolean(),
        int: kind.is_integer(),
        float: kind.is_numeric(),
    }
    return next((python for python, is_meant in types.items() if is_meant), str)


def list_allowed(column: Any) -> list[str]:
    """Return the values that a contract allows in a column; none if it allows any."""
    allowed = [check.statistics.get("allowed_values") or () for check in column.checks]
    return list(next(filter(None, allowed), ()))


def read_tests(
    content: Mapping[str, Any], file: str, features: FeatureParams, contracts: Mapping[str, Any]
) -> dict[str, FeatureTest]:
    """Validate the content of a file.

    Args:
        content: Tests by name; dates are texts.
        file: The name of the file, for errors.
        features: The declared features.
        contracts: The contract of each table, by name.

    Raises:
        InvalidFeatureTestError: Names test, key, what was found and what is allowed, for each
            fault.
    """
    model = make_model(features, contracts)
    try:
        return model.model_validate_json(json.dumps(content)).root
    except ValidationError as error:
        known: dict[str, Any] = {
            "table": contracts,
            "feature": list_testable(features, contracts)["name"],
            **{table: column_types(contract) for table, contract in contracts.items()},
        }
        faults = "; ".join(_explain(fault, known) for fault in error.errors())
        raise InvalidFeatureTestError(f"Invalid {file}: {faults}. Correct the file.") from error


def _explain(fault: ErrorDetails, known: Mapping[str, Any]) -> str:
    test, *path = [*map(str, fault["loc"]), ""][:-1] or [""]
    place = f"{'.'.join(path)} of test {test!r}" if path else f"test {test!r}"
    if fault["type"] == "missing":
        return f"missing {place}"
    if fault["type"] != "extra_forbidden":
        expected = fault["msg"].replace("Input should be", "expected")
        return f"invalid value {fault['input']!r} for {place}: {expected}"
    match path:
        case ["rows", _]:
            kind, allowed = "table", known["table"]
        case ["rows", table, _, _]:
            kind, allowed = "column", known[table]
        case ["expect", _, _]:
            kind, allowed = "feature", known["feature"]
        case _:
            kind, allowed = "key", FeatureTest.model_fields
    return f"{place}: {describe_unknown(kind, path[-1], allowed).rstrip('.')}"
