"""Turns somebody's flat table into features, labels and folds or a split by time.

In: the table, and which of its columns are what. Out: what was found in each column, then
customer_features and training_examples as the training and scoring pipelines know them.
"""

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
    USED_AS,
    blank_to_missing,
    find_kind,
    is_positive,
    name_features,
    read_dates,
    read_values,
)
from telco_churn.pipelines.own_table.splits import assign_folds, split_by_date

LEARNT_FROM = ("number", "category", USED_AS["date"])


def profile_columns(
    own_table: ir.Table,
    params: OwnTableParams,
    label: LabelParams,
    evaluation: EvaluationParams,
    as_of: AsOf,
) -> pd.DataFrame:
    """Find out what each column holds and what it will be used as.

    Raises:
        UnusableTableError: When a named column is not there, the id repeats, `time` holds no dates
            or dates after `as_of`, the target does not have two classes of which one is
            `positive`, a number is infinite, or a slice is no feature.
    """
    raw = _read_plain(own_table)
    table = raw.apply(blank_to_missing)
    today = pd.Timestamp(as_of.day)
    check_named_columns(list(table.columns), params)
    check_time(table, params, today)
    check_id(table, params)
    check_target(table, params, _date_rows(table, params, today) + _gap(params, label) <= today)
    is_typed = not raw.apply(pd.api.types.is_string_dtype).all()
    profile = pd.DataFrame(
        [_profile(raw[column], table[column], params, is_typed) for column in table.columns]
    ).astype({"first_value": "str"})
    if not profile["used_as"].isin(LEARNT_FROM).any():
        raise UnusableTableError(
            f"{params.table} has no column to learn from: all are target, id, time, dropped, "
            "constant or identifier-like. Bring columns that differ between customers, or DROP "
            "fewer."
        )
    features = _read_features(table, profile, today)
    check_slices(evaluation.slices, features.columns)
    check_finite(features, params)
    return profile


def build_features(
    own_table: ir.Table, column_profile: pd.DataFrame, params: OwnTableParams, as_of: AsOf
) -> ir.Table:
    """Read the useful columns as numbers and categories, of the latest row of each customer.

    Returns:
        `customer_id`, `as_of` of the run, features; dates in days before the row's own date.
    """
    table = _read(own_table)
    ids = _name_rows(table, params)
    seen_on = _date_rows(table, params, pd.Timestamp(as_of.day))
    is_latest = seen_on == seen_on.groupby(ids).transform("max")
    features = _read_features(table, column_profile, seen_on)
    named = pd.DataFrame({"customer_id": ids, "as_of": as_of.day}).join(features)
    return ibis.memtable(named[is_latest])


def build_examples(
    own_table: ir.Table,
    column_profile: pd.DataFrame,
    params: OwnTableParams,
    label: LabelParams,
    as_of: AsOf,
) -> ir.Table:
    """Add the label and a split to the features: folds, or with TIME a purpose by date.

    Returns:
        `customer_id`, `as_of` (the row's date, or the run's), features, `churned`, `split`. Rows
        without a target are left out.

    Raises:
        UnusableTableError: When rows, classes or dates do not suffice for the split.
    """
    table = _read(own_table)
    ids = _name_rows(table, params)
    labelled = table[table[params.target].notna()]
    today = pd.Timestamp(as_of.day)
    seen_on = _date_rows(labelled, params, today)
    features = _read_features(labelled, column_profile, seen_on)
    churned = is_positive(labelled[params.target], params.positive)
    split = (
        split_by_date(seen_on, churned, params, today, _gap(params, label))
        if params.time
        else assign_folds(features, churned, params)
    )
    keys = pd.DataFrame({"customer_id": ids[labelled.index], "as_of": seen_on.dt.date})
    return ibis.memtable(keys.join(features).assign(churned=churned, split=split))


def describe_columns(column_profile: pd.DataFrame, training_examples: ir.Table) -> str:
    """Show what was found in each column, and which rows are for what."""
    rows = training_examples.group_by("split").agg(
        rows=lambda examples: examples.count(),
        churned=lambda examples: examples.churned.sum(),
        first_date=lambda examples: examples.as_of.min(),
        last_date=lambda examples: examples.as_of.max(),
    )
    splits = rows.order_by(["first_date", "last_date", "split"]).to_pandas()
    if splits["split"].str.startswith("fold_").any():
        splits = splits.drop(columns=["first_date", "last_date"])
    return "\n".join(["  columns", *_show(column_profile), "  rows", *_show(splits)])


def _read(own_table: ir.Table) -> pd.DataFrame:
    return _read_plain(own_table).apply(blank_to_missing)


def _read_plain(own_table: ir.Table) -> pd.DataFrame:
    kinds = own_table.schema().items()
    nested = [name for name, kind in kinds if kind.is_nested()]
    if nested:
        raise UnusableTableError(
            f"The columns {nested} hold lists or records; numbers, text and dates are allowed. "
            "Flatten or DROP them in the file."
        )
    decimals = {name: own_table[name].cast("float64") for name, kind in kinds if kind.is_decimal()}
    return own_table.mutate(**decimals).to_pandas()


def _gap(params: OwnTableParams, label: LabelParams) -> pd.Timedelta:
    return pd.Timedelta(days=params.find_gap(label))


def _name_rows(table: pd.DataFrame, params: OwnTableParams) -> pd.Series:
    ids = table[params.id] if params.id else pd.Series(table.index + 1, index=table.index)
    return ids.astype("str")


def _date_rows(table: pd.DataFrame, params: OwnTableParams, today: pd.Timestamp) -> pd.Series:
    if params.time is None:
        return pd.Series(today, index=table.index)
    return read_dates(table[params.time])


def _profile(
    raw: pd.Series, values: pd.Series, params: OwnTableParams, is_typed: bool
) -> dict[str, object]:
    named = {params.target: "target", params.id: "id", params.time: "time"}
    roles = named | dict.fromkeys(params.drop, "dropped")
    column = str(raw.name)
    kind = find_kind(raw, is_typed=is_typed)
    present = values.dropna()
    return {
        "column": column,
        "kind": kind,
        "used_as": roles.get(column, USED_AS[kind]),
        "missing": len(values) - len(present),
        "distinct": present.nunique(),
        "first_value": str(present.iloc[0]) if len(present) else None,
    }


def _read_features(
    table: pd.DataFrame, column_profile: pd.DataFrame, seen_on: pd.Timestamp | pd.Series
) -> pd.DataFrame:
    used = column_profile[column_profile["used_as"].isin(LEARNT_FROM)]
    names = name_features(used["column"])
    features = {
        names[column]: read_values(table[column], kind, seen_on)
        for column, kind in zip(used["column"], used["kind"], strict=True)
    }
    return pd.DataFrame(features, index=table.index)


def _show(frame: pd.DataFrame) -> list[str]:
    shown = frame.to_string(index=False, max_colwidth=24)
    return [f"    {line}" for line in shown.splitlines()]
