"""The model of `feature_tests.yml`, made of the contracts of tables and the declared features.

In: settings, contracts, and the content of a file. Out: typed tests by name, or one error.
"""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Self, cast

from pydantic import ConfigDict, Field, RootModel, ValidationError, create_model, model_validator
from pydantic_core import ErrorDetails

from kedro_asof.contracts.row_rules import column_types
from kedro_asof.params import Block
from kedro_asof.suggestions import describe_unknown
from telco_churn.errors import InvalidFeatureTestError
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.features.nodes import describe_features

FILE = "feature_tests.yml"


@dataclass(frozen=True)
class FeatureSettings:
    """The parameters that features follow from, and the contract of each table by name."""

    features: FeatureParams
    label: LabelParams
    eligibility: EligibilityParams
    contracts: Mapping[str, Any]


class StrictBlock(Block):
    """A block of JSON, in which a text is not a number, and a date is a text."""

    model_config = ConfigDict(strict=True)


class Expectation(StrictBlock):
    """The expected features of a customer."""

    @model_validator(mode="after")
    def check_not_empty(self) -> Self:
        """Refuse a test that compares nothing."""
        if not self.model_fields_set:
            raise ValueError("expected a feature, or null for a customer without features")
        return self


class FeatureTest(StrictBlock):
    """Rows of tables, and the features that follow from them."""

    as_of: date = Field(description="Date of the features, YYYY-MM-DD.")
    rows: Any
    expect: Any


def make_model(settings: FeatureSettings) -> type[RootModel[dict[str, FeatureTest]]]:
    """Make the model of a file: tests by name, with a field for each table, column and feature."""
    tables: dict[str, Any] = {
        table: (
            list[_make_row(table, contract, settings.features)],  # type: ignore[misc]
            Field([], description=(inspect.getdoc(contract) or "").split("\n\n")[0]),
        )
        for table, contract in settings.contracts.items()
    }
    features: dict[str, Any] = {
        each["name"]: (
            (str if each["unit"] == "category" else float) | None,
            Field(None, description=f"{each['meaning']}; unit: {each['unit']}"),
        )
        for each in describe_features(settings.features).to_dict("records")
        if each["source_table"] in settings.contracts
    }
    customer = create_model("ExpectedFeatures", __base__=Expectation, **features)
    rows = create_model("Rows", __base__=StrictBlock, **tables)
    test = create_model(
        "FeatureTest",
        __base__=FeatureTest,
        __doc__=FeatureTest.__doc__,
        rows=(rows, Field(description="Rows by table; a column left out gets a plain value.")),
        expect=(
            dict[str, customer | None],
            Field(min_length=1, description="Features by customer; null expects none at all."),
        ),
    )
    return cast(type[RootModel[dict[str, FeatureTest]]], RootModel[dict[str, test]])


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
    if kind.is_temporal():
        return date  # also for a time, of which features read the day
    types = {bool: kind.is_boolean(), int: kind.is_integer(), float: kind.is_numeric()}
    return next((python for python, is_meant in types.items() if is_meant), str)


def list_allowed(column: Any) -> list[str]:
    """Return the values that a contract allows in a column; none if it allows any."""
    allowed = [check.statistics.get("allowed_values") for check in column.checks]
    return list(next(filter(None, allowed), ()))


def read_tests(
    content: Mapping[str, Any], file: str, settings: FeatureSettings
) -> dict[str, FeatureTest]:
    """Validate the content of a file; `file` names it in errors.

    Raises:
        InvalidFeatureTestError: Names test, key, found and allowed value of each fault.
    """
    model = make_model(settings)
    try:
        return model.model_validate_json(json.dumps(content)).root
    except ValidationError as error:
        faults = "; ".join(_explain(fault, settings) for fault in error.errors())
        raise InvalidFeatureTestError(f"Invalid {file}: {faults}. Correct the file.") from error


def _explain(fault: ErrorDetails, settings: FeatureSettings) -> str:
    test, *path = map(str, fault["loc"])
    place = f"{'.'.join(path)} of test {test!r}" if path else f"test {test!r}"
    if fault["type"] == "missing":
        return f"missing {place}"
    if fault["type"] != "extra_forbidden":
        expected = fault["msg"].replace("Input should be", "expected").removeprefix("Value error, ")
        return f"invalid value {fault['input']!r} for {place}: {expected}"
    match path:
        case ["rows", _]:
            unknown = describe_unknown("table", path[-1], settings.contracts)
        case ["rows", table, _, _]:
            columns = column_types(settings.contracts[table])
            unknown = describe_unknown("column", path[-1], columns)
        case ["expect", _, _]:
            known = describe_features(settings.features)["name"]
            unknown = describe_unknown("feature", path[-1], known)
        case _:
            unknown = describe_unknown("key", path[-1], FeatureTest.model_fields)
    return f"{place}: {unknown.removesuffix('.')}"
