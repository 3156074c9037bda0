"""Turn a user's flat table into features and labeled examples, with folds or a split by time.

In: the table, and the roles of its columns. Out: a profile of each column, then customer_features
and training_examples for the training and scoring pipelines.
"""

from textwrap import indent

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.params import AsOf
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table.checks import (
    UnusableTableError,
    check_finite,
    check_id,
    check_named_columns,
    check_slices,
    check_target,
    check_time,
)
from telco_churn.pipelines.own_table.columns import (
    FEATURE_USES,
    blank_to_missing,
    is_positive,
    profile_column,
    read_dates,
    read_features,
)
from telco_churn.pipelines.own_table.splits import assign_folds, split_by_date


def profile_columns(
    own_table: ir.Table,
    params: OwnTableParams,
    label: LabelParams,
    evaluation: EvaluationParams,
    as_of: AsOf,
) -> pd.DataFrame:
    """Profile each column: its content, and its use as target, id, time or feature.

    Returns:
        One row per column, as `ColumnProfile`.

    Raises:
        UnusableTableError: When a named column is missing, ids repeat, `time` holds other values
            than dates up to `as_of`, the target does not have two classes of which one is
            `positive`, a number is infinite, or a slice is not a feature.
    """
    raw = _read_plain(own_table)
    table = raw.apply(blank_to_missing)
    today = pd.Timestamp(as_of.day)
    check_named_columns(list(table.columns), params)
    check_time(table, params, today)
    check_id(table, params)
    known_on = _date_rows(table, params, today) + pd.Timedelta(days=params.find_gap(label))
    check_target(table, params, known_on <= today)
    is_typed = not raw.apply(pd.api.types.is_string_dtype).all()
    profile = pd.DataFrame(
        profile_column(raw[column], table[column], params, is_typed=is_typed)
        for column in table.columns
    ).astype({"first_value": "str"})
    if not profile["used_as"].isin(FEATURE_USES).any():
        raise UnusableTableError(
            f"{params.table} has no features: all columns are target, id, time, dropped, constant "
            "or identifier-like. Add columns that differ between customers, or shorten "
            "own_table.drop."
        )
    features = read_features(table, profile, today)
    check_slices(evaluation.slices, features.columns)
    check_finite(features, params)
    return profile


def build_features(
    own_table: ir.Table, column_profile: pd.DataFrame, params: OwnTableParams, as_of: AsOf
) -> ir.Table:
    """Read the features of each customer's latest row, as numbers and categories.

    Returns:
        `customer_id`, `as_of` of the run, features; a date becomes days before the row's date.
    """
    table = _read(own_table)
    ids = _name_rows(table, params)
    seen_on = _date_rows(table, params, pd.Timestamp(as_of.day))
    is_latest = seen_on == seen_on.groupby(ids).transform("max")
    features = read_features(table, column_profile, seen_on)
    named = pd.DataFrame({"customer_id": ids, "as_of": as_of.day}).join(features)
    return ibis.memtable(named[is_latest])


def build_examples(
    own_table: ir.Table,
    column_profile: pd.DataFrame,
    params: OwnTableParams,
    label: LabelParams,
    as_of: AsOf,
) -> ir.Table:
    """Add the label and the split to the features: folds, or with `time` a split by date.

    Returns:
        `customer_id`, `as_of` (the date of the row, or of the run), features, `churned`, `split`.
        Rows without a target are left out.

    Raises:
        UnusableTableError: When there are too few rows, classes or dates for the split.
    """
    table = _read(own_table)
    ids = _name_rows(table, params)
    labeled = table[table[params.target].notna()]
    today = pd.Timestamp(as_of.day)
    seen_on = _date_rows(labeled, params, today)
    features = read_features(labeled, column_profile, seen_on)
    churned = is_positive(labeled[params.target], params.positive)
    split = (
        split_by_date(seen_on, churned, params, today, pd.Timedelta(days=params.find_gap(label)))
        if params.time
        else assign_folds(features, churned, params)
    )
    keys = pd.DataFrame({"customer_id": ids[labeled.index], "as_of": seen_on.dt.date})
    return ibis.memtable(keys.join(features).assign(churned=churned, split=split))


def describe_columns(column_profile: pd.DataFrame, training_examples: ir.Table) -> str:
    """Write the profile of each column, and the rows of each split, as text."""
    rows = training_examples.group_by("split").agg(
        rows=lambda examples: examples.count(),
        churned=lambda examples: examples.churned.sum(),
        first_date=lambda examples: examples.as_of.min(),
        last_date=lambda examples: examples.as_of.max(),
    )
    splits = rows.order_by(["first_date", "last_date", "split"]).to_pandas()
    if splits["split"].str.startswith("fold_").any():
        splits = splits.drop(columns=["first_date", "last_date"])
    shown = {"columns": column_profile, "rows": splits}
    return "\n".join(
        f"  {title}\n{indent(frame.to_string(index=False, max_colwidth=24), '    ')}"
        for title, frame in shown.items()
    )


def _read(own_table: ir.Table) -> pd.DataFrame:
    return _read_plain(own_table).apply(blank_to_missing)


def _read_plain(own_table: ir.Table) -> pd.DataFrame:
    kinds = own_table.schema().items()
    nested = [name for name, kind in kinds if kind.is_nested()]
    if nested:
        raise UnusableTableError(
            f"The columns {nested} hold lists or records: expected numbers, text or dates. "
            "Flatten or remove them in the file."
        )
    decimals = {name: own_table[name].cast("float64") for name, kind in kinds if kind.is_decimal()}
    return own_table.mutate(**decimals).to_pandas()


def _name_rows(table: pd.DataFrame, params: OwnTableParams) -> pd.Series:
    ids = table[params.id] if params.id else pd.Series(table.index + 1, index=table.index)
    return ids.astype("str")


def _date_rows(table: pd.DataFrame, params: OwnTableParams, today: pd.Timestamp) -> pd.Series:
    if params.time is None:
        return pd.Series(today, index=table.index)
    return read_dates(table[params.time])
