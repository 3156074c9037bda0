"""Compares what features.yml declares with the contracts of the tables, before anything runs."""

from kedro.io import DataCatalog
from kedro.utils import load_obj

from telco_churn.contracts.row_rules import late_columns
from telco_churn.errors import InputError
from telco_churn.parameters import FeatureParams, LabelParams, WindowParams
from telco_churn.pipelines.features.lookups import LOOKUPS
from telco_churn.pipelines.features.windows import check_columns

WHERE = "Correct conf/base/parameters/features.yml."


class BadDeclarationError(InputError):
    """A declared feature cannot be made of its table."""


def check_declarations(features: FeatureParams, label: LabelParams, catalog: DataCatalog) -> None:
    """Refuse what cannot be made: of an unknown table or column, or under a name that is taken.

    Raises:
        BadDeclarationError: Names the table, what is asked of it, and what it offers.
        UnknownMeasureError: Names a column that its contract does not have.
    """
    taken = {name for lookup in LOOKUPS for name in lookup.features}
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
        _check_table(table, window, catalog)


def _check_table(table: str, window: WindowParams, catalog: DataCatalog) -> None:
    if table not in catalog:
        raise BadDeclarationError(
            f"features.windows has {table}, which is not in the catalog. Add it to "
            "conf/base/catalog/, or take it out of conf/base/parameters/features.yml."
        )
    spec = catalog.validator_specs.get(table)
    if spec is None:
        return
    contract = load_obj(spec.class_path)
    contract = contract(**spec.options) if spec.options else contract
    schema = contract.to_schema()
    if not schema.strict:
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
