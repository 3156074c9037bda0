"""Compare the features of features.yml with the contracts of their tables.

In: parameters and contracts. Out: nothing, or an error before any node runs.
"""

from collections.abc import Mapping
from typing import Any

from kedro_asof.contracts.row_rules import late_columns
from kedro_asof.windows.aggregate import check_columns
from kedro_asof.windows.declaration import WindowParams
from telco_churn.errors import InvalidFeatureError
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.ingestion import JudgedTableParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.features.static_features import STATIC_FEATURES

WHERE = "Correct conf/base/parameters/features.yml."


def check_feature_config(
    features: FeatureParams,
    label: LabelParams,
    eligibility: EligibilityParams,
    tables: Mapping[str, JudgedTableParams],
    contracts: Mapping[str, Any],
) -> None:
    """Check that every declared feature has its own name, a known table and suitable columns.

    Args:
        features: The declared windows.
        label: `event_tables`.
        eligibility: `active_within_days`, which needs event tables.
        tables: The tables of ingestion.yml, with the values that a category may have.
        contracts: The contract of each table in the catalog, None for a table without one.

    Raises:
        InvalidFeatureError: If a table, name or column does not fit; says what is allowed.
        UnknownMeasureError: If the contract of a table does not have a column.
    """
    taken = {name for lookup in STATIC_FEATURES for name in lookup.features}
    repeated = sorted({feature.name for feature in features.list_features()} & taken)
    if repeated:
        raise InvalidFeatureError(
            f"Duplicate feature names {repeated} in features.windows: static features "
            f"already use them. {WHERE}"
        )
    strangers = sorted(set(label.event_tables) - set(features.windows))
    if strangers:
        raise InvalidFeatureError(
            f"Unknown tables {strangers} in label.event_tables: expected some of "
            f"{sorted(features.windows)}. Correct conf/base/parameters/label.yml."
        )
    if eligibility.active_within_days is not None and not label.event_tables:
        raise InvalidFeatureError(
            "Missing label.event_tables: eligibility.active_within_days needs tables whose events "
            f"show activity, expected some of {sorted(features.windows)}. Set event_tables in "
            "conf/base/parameters/label.yml, or active_within_days: null in "
            "conf/base/parameters/eligibility.yml."
        )
    for table, window in features.windows.items():
        _check_table(table, window, contracts)
        if table in tables:
            _check_categories(table, window, tables[table])
    for table in features.tiled_tables:
        _check_tile_date(table, features.windows[table], tables.get(table))


def describe_left_out(given: Mapping[str, Any]) -> str | None:
    """Return a line about the features of absent tables; None if no table is absent.

    Args:
        given: The block `features`, as configured.
    """
    absent = list(given.get("absent") or [])
    if not absent:
        return None
    declared = FeatureParams.model_validate({**given, "absent": []}).list_features()
    static = [name for each in STATIC_FEATURES if each.table in absent for name in each.features]
    left_out = len(static) + sum(feature.table in absent for feature in declared)
    return (
        f"{left_out} features are left out, because these tables are absent: {', '.join(absent)} "
        "(absent_tables in globals.yml)."
    )


def _check_categories(table: str, window: WindowParams, judged: JudgedTableParams) -> None:
    """Check that every value that features name is declared: a typo counts no row."""
    for column, values in window.categories.items():
        declared = judged.expected_values.get(column) or _list_allowed(judged, column)
        if declared is None:
            raise InvalidFeatureError(
                f"Undeclared values of {table}.{column}: features name {list(values)}, and nothing "
                "lists the values that the column may have. Set "
                f"ingestion.tables.{table}.expected_values: {{{column}: [...]}} in "
                "conf/base/parameters/ingestion.yml."
            )
        strange = [value for value in values if value not in declared]
        if strange:
            raise InvalidFeatureError(
                f"Unknown values {strange} of {column} in features.windows.{table}.categories: "
                f"expected some of {declared}. {WHERE} A new value also belongs to "
                f"ingestion.tables.{table}.expected_values."
            )


def _check_tile_date(table: str, window: WindowParams, judged: JudgedTableParams | None) -> None:
    """Check that tiles are cut by the date whose days the log of deliveries records."""
    if judged is None or judged.event_date in (None, window.date):
        return
    raise InvalidFeatureError(
        f"Invalid date {window.date!r} in features.windows.{table}: expected "
        f"{judged.event_date!r}, its event_date in ingestion.tables, because {table} has tiles and "
        f"the log of deliveries records changes by that date. Leave {table} out of "
        f"features.tiles.tables. {WHERE}"
    )


def _list_allowed(judged: JudgedTableParams, column: str) -> list[str] | None:
    """Return the values that the contract allows in a column; None if it allows any."""
    schema = judged.contract.to_schema()
    for check in schema.columns[column].checks if column in schema.columns else []:
        if check.name == "isin":
            return list(check.statistics["allowed_values"])
    return None


def _check_table(table: str, window: WindowParams, contracts: Mapping[str, Any]) -> None:
    if table not in contracts:
        raise InvalidFeatureError(
            f"Unknown table {table!r} in features.windows: expected a table in the catalog. Add it "
            "to conf/base/catalog/, or remove it from conf/base/parameters/features.yml."
        )
    contract = contracts[table]
    schema = contract.to_schema() if contract else None
    if schema is None or not schema.strict:
        return
    check_columns(window, table, list(schema.columns))
    asked = {*window.measures, *window.categories}
    late = {
        column: since
        for column, since in late_columns(contract).items()
        if column in asked and window.known_from.get(column) != since
    }
    if late:
        raise InvalidFeatureError(
            f"Missing or wrong known_from in features.windows.{table}: expected the date column "
            f"from which each late column is known. Set known_from: {late}. {WHERE}"
        )
    wordy = [
        column
        for column in window.numeric_columns
        if not schema.columns[column].dtype.type.is_numeric()
    ]
    if wordy:
        raise InvalidFeatureError(
            f"Invalid statistics of {wordy} in features.windows.{table}: these columns hold no "
            f"numbers, expected count, active_days, days_since_last, or categories. {WHERE}"
        )
