"""Turns somebody's flat table into features, labels and folds.

In: the table, and which of its columns are what. Out: what was found in each column, then
customer_features and training_examples as the training and scoring pipelines know them.
"""

from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from telco_churn.errors import InputError
from telco_churn.parameters import AsOf, OwnTableParams
from telco_churn.pipelines.own_table.columns import (
    USED_AS,
    blank_to_missing,
    find_kind,
    name_features,
    read_values,
)

EXAMPLES_SHOWN = 5
CLASSES = 2


class UnusableTableError(InputError):
    """The table does not hold what its owner said it does."""


def profile_columns(own_table: ir.Table, params: OwnTableParams) -> pd.DataFrame:
    """Find out what each column holds and what it will be used as.

    Raises:
        UnusableTableError: When a named column is not there, the id repeats, or the target does
            not have two classes of which one is `positive`.
    """
    raw = _read_plain(own_table)
    table = raw.apply(blank_to_missing)
    is_typed = not raw.apply(pd.api.types.is_string_dtype).all()
    _check_named_columns(list(table.columns), params)
    _check_id(table, params)
    _check_target(table, params)
    roles = {params.target: "target", params.id: "id"} | dict.fromkeys(params.drop, "dropped")
    rows = []
    for column in table.columns:
        kind = find_kind(raw[column], is_typed=is_typed)
        present = table[column].dropna()
        rows.append(
            {
                "column": column,
                "kind": kind,
                "used_as": roles.get(column, USED_AS[kind]),
                "missing": len(table) - len(present),
                "distinct": present.nunique(),
                "first_value": str(present.iloc[0]) if len(present) else None,
            }
        )
    profile = pd.DataFrame(rows).astype({"first_value": "str"})
    if not profile["used_as"].isin(["number", "category", "days before as_of"]).any():
        raise UnusableTableError(
            f"{params.table} has no column to learn from: all are target, id, dropped, constant or "
            "identifier-like. Bring columns that differ between customers, or DROP fewer."
        )
    return profile


def build_features(
    own_table: ir.Table, column_profile: pd.DataFrame, params: OwnTableParams, as_of: AsOf
) -> ir.Table:
    """Read the useful columns as numbers and categories, one row per customer."""
    return ibis.memtable(_build_features(_read(own_table), column_profile, params, as_of.day))


def build_examples(
    own_table: ir.Table, column_profile: pd.DataFrame, params: OwnTableParams, as_of: AsOf
) -> ir.Table:
    """Add the label and a fold to the features, the folds stratified by label.

    Raises:
        UnusableTableError: When a class has fewer rows than there are folds.
    """
    table = _read(own_table)
    churned = _label(table, params)
    if min(churned.sum(), (~churned).sum()) < params.folds:
        raise UnusableTableError(
            f"{params.table} has {churned.sum()} rows with {params.target}={params.positive} and "
            f"{(~churned).sum()} without: {params.folds} folds need at least {params.folds} of "
            "each. Bring more rows, or set own_table.folds lower."
        )
    splitter = StratifiedKFold(params.folds, shuffle=True, random_state=params.seed)
    split = pd.Series("", index=table.index)
    for number, (_, held_out) in enumerate(splitter.split(table, churned), start=1):
        split.iloc[held_out] = f"fold_{number}"
    features = _build_features(table, column_profile, params, as_of.day)
    return ibis.memtable(features.assign(churned=churned.to_numpy(), split=split.to_numpy()))


def describe_columns(column_profile: pd.DataFrame) -> str:
    """Show what was found in each column."""
    shown = column_profile.to_string(index=False, max_colwidth=24)
    return "  columns\n" + "\n".join(f"    {line}" for line in shown.splitlines())


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


def _check_named_columns(found: list[str], params: OwnTableParams) -> None:
    named = {"TARGET": [params.target], "ID": [params.id] if params.id else [], "DROP": params.drop}
    for word, columns in named.items():
        lacking = [column for column in columns if column not in found]
        if lacking:
            raise UnusableTableError(
                f"{params.table} has no column {lacking} ({word}); it has {found}. Correct {word}."
            )


def _check_id(table: pd.DataFrame, params: OwnTableParams) -> None:
    if params.id is None:
        return
    ids = table[params.id]
    if ids.isna().any():
        raise UnusableTableError(
            f"{params.table}: the id {params.id} is empty in {ids.isna().sum()} rows; each row "
            "needs one. Fill them, or leave ID out to number the rows."
        )
    repeated = ids[ids.duplicated()].unique()
    if len(repeated):
        raise UnusableTableError(
            f"{params.table}: the id {params.id} repeats, for example "
            f"{[str(value) for value in repeated[:EXAMPLES_SHOWN]]}; one row per customer is "
            "needed. Keep one row of each, or leave ID out to number the rows."
        )


def _check_target(table: pd.DataFrame, params: OwnTableParams) -> None:
    target = table[params.target]
    if target.isna().any():
        raise UnusableTableError(
            f"{params.table}: the target {params.target} is empty in {target.isna().sum()} rows; "
            "each row needs one. Fill them or leave these rows out."
        )
    values = sorted(target.astype("str").unique())
    if len(values) != CLASSES or not _label(table, params).any():
        raise UnusableTableError(
            f"{params.table}: the target {params.target} holds {values[:EXAMPLES_SHOWN]}"
            f"{' and more' if len(values) > EXAMPLES_SHOWN else ''}; it must hold two values, one "
            f"of them POSITIVE={params.positive}. Choose another TARGET or POSITIVE, or bring it "
            "down to two values."
        )


def _label(table: pd.DataFrame, params: OwnTableParams) -> pd.Series:
    return table[params.target].astype("str").str.casefold() == params.positive.casefold()


def _build_features(
    table: pd.DataFrame, column_profile: pd.DataFrame, params: OwnTableParams, as_of: date
) -> pd.DataFrame:
    used = column_profile[column_profile["used_as"].isin(["number", "category", USED_AS["date"]])]
    names = name_features(used["column"])
    features = {
        names[column]: read_values(table[column], kind, as_of)
        for column, kind in zip(used["column"], used["kind"], strict=True)
    }
    ids = table[params.id] if params.id else pd.Series(table.index + 1, index=table.index)
    return pd.DataFrame({"customer_id": ids.astype("str"), "as_of": as_of, **features})
