"""Compares the features that features.yml declares with the contracts of their tables.

In: parameters and contracts. Out: nothing, or an error before anything runs.
"""

from collections.abc import Mapping
from typing import Any

from kedro_asof.contracts.row_rules import late_columns
from kedro_asof.errors import InputError
from kedro_asof.windows.aggregate import check_columns
from kedro_asof.windows.declaration import WindowParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.features.static_features import STATIC_FEATURES

WHERE = "Correct conf/base/parameters/features.yml."


class BadDeclarationError(InputError):
    """A declared feature cannot be made of its table."""


def check_feature_config(
    features: FeatureParams, label: LabelParams, contracts: Mapping[str, Any]
) -> None:
    """Refuse features of unknown tables or columns, and names that are taken.

    Args:
        features: The declared windows.
        label: Names event tables.
        contracts: By table of the catalog its contract, None for a table without one.

    Raises:
        BadDeclarationError: Names the table, what is asked of it, and what it offers.
        UnknownMeasureError: Names a column that its contract does not have.
    """
    taken = {name for lookup in STATIC_FEATURES for name in lookup.features}
    repeated = sorted({feature.name for feature in features.list_features()} & taken)
    if repeated:
        raise BadDeclarationError(
            f"features.windows makes {repeated}, names that other features have. {WHERE}"
        )
    strangers = sorted(set(label.event_tables) - set(features.windows))
    if strangers:
        raise BadDeclarationError(
            f"label.event_tables names {strangers}; features.windows has "
            f"{sorted(features.windows)}. Correct conf/base/parameters/label.yml."
        )
    for table, window in features.windows.items():
        _check_table(table, window, contracts)


def _check_table(table: str, window: WindowParams, contracts: Mapping[str, Any]) -> None:
    if table not in contracts:
        raise BadDeclarationError(
            f"features.windows has {table}, which is not in the catalog. Add it to "
            "conf/base/catalog/, or take it out of conf/base/parameters/features.yml."
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
        raise BadDeclarationError(
            f"features.windows.{table} asks for columns that are filled in later and does not say "
            f"from when they are known: add known_from: {late}. {WHERE}"
        )
    wordy = [
        column
        for column in window.numeric_columns
        if not schema.columns[column].dtype.type.is_numeric()
    ]
    if wordy:
        raise BadDeclarationError(
            f"features.windows.{table} asks for sums or means of {wordy}, which hold no numbers; "
            f"count, active_days and days_since_last are allowed, or categories. {WHERE}"
        )
