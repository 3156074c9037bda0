"""Turn a user's flat table into features and labeled examples, with folds or a split by time.

In: the table, and the roles of its columns. Out: a profile of each column and an overview, then
customer_features and training_examples for the training and scoring pipelines.
"""

from collections.abc import Mapping
from textwrap import indent

import ibis
import ibis.expr.types as ir
import pandas as pd

from kedro_asof.params import AsOf
from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table import profile
from telco_churn.pipelines.own_table.checks import (
    UnusableTableError,
    check_id,
    check_named_columns,
    check_slices,
    check_target,
    check_time,
)
from telco_churn.pipelines.own_table.columns import Reading, write_as_text
from telco_churn.pipelines.own_table.overview import write_overview
from telco_churn.pipelines.own_table.splits import assign_folds, split_by_date
from telco_churn.pipelines.own_table.target import (
    find_churned,
    find_positive,
    read_target,
    show_positive,
)

KEY = ["customer_id", "as_of"]


def profile_columns(
    own_table: ir.Table, params: OwnTableParams, evaluation: EvaluationParams, as_of: AsOf
) -> tuple[pd.DataFrame, str, dict[str, str], str]:
    """Find out what each column holds, and how it is used: target, id, time or feature.

    Returns:
        One row per column, as `ColumnProfile`; an overview of the table as text, with everything
        that is odd at the top; the name of the column in the file, by feature; and the value of
        the target that means churn.

    Raises:
        UnusableTableError: When a named column is missing, ids repeat, `time` holds other values
            than dates up to `as_of`, the target does not have two values of which one means churn,
            a number is infinite, or a slice is not a feature.
    """
    table = _read_plain(own_table, params)
    check_named_columns(list(table.columns), params)
    today = pd.Timestamp(as_of.day)
    readings = profile.find_readings(table, params)
    days = _date_rows(table, readings, params, today)
    if params.time:
        check_time(table[params.time], days, readings[params.time].date, params, today)
    check_id(_name_rows(table, params), days, params)
    target = read_target(table[params.target])
    positive = find_positive(target, params.positive)
    check_target(target, positive, params)
    churn_value = show_positive(table[params.target], target, str(positive))
    churned = find_churned(target, positive)
    columns = profile.profile_columns(table, readings, churned, params, days)
    used = profile.select_features(columns)
    if used.empty:
        raise UnusableTableError(
            f"{params.table} has no features: each column is the target, id, time, dropped, "
            "constant, unreadable or identifies customers. Add columns that differ between "
            "customers, or shorten own_table.drop."
        )
    check_slices(evaluation.slices, used["feature"])
    names = dict(zip(used["feature"], used["column"], strict=True))
    overview = write_overview(columns, churned, churn_value, params)
    return columns, overview, names, churn_value


def read_table(
    own_table: ir.Table,
    column_profile: pd.DataFrame,
    churn_value: str,
    params: OwnTableParams,
    as_of: AsOf,
) -> pd.DataFrame:
    """Read every row as the profile says.

    Returns:
        `customer_id`; `as_of`, the date of the row or of the run; features, where a date becomes
        days before it; `churned`, missing where the target is.
    """
    table = _read_plain(own_table, params)
    readings = profile.list_profiled(column_profile)
    seen_on = _date_rows(table, readings, params, pd.Timestamp(as_of.day))
    target = read_target(table[params.target])
    keys = pd.DataFrame({"customer_id": _name_rows(table, params), "as_of": seen_on})
    features = profile.read_features(table, column_profile, params, seen_on)
    churned = find_churned(target, find_positive(target, churn_value))
    return keys.join(features).join(churned.rename("churned"))


def build_features(table_rows: pd.DataFrame, as_of: AsOf) -> ir.Table:
    """Select the latest row of each customer, with or without a label.

    Returns:
        `customer_id`, `as_of` of the run, features.
    """
    latest = table_rows.groupby("customer_id")["as_of"].transform("max")
    rows = table_rows[table_rows["as_of"] == latest]
    return ibis.memtable(rows.drop(columns="churned").assign(as_of=as_of.day))


def build_examples(
    table_rows: pd.DataFrame,
    churn_value: str,
    params: OwnTableParams,
    label: LabelParams,
    as_of: AsOf,
) -> ir.Table:
    """Select the rows with a label, and split them: folds, or with `time` by date.

    Returns:
        `customer_id`, `as_of` (the date of the row, or of the run), features, `churned`, `split`.

    Raises:
        UnusableTableError: When there are too few rows, classes or dates for the split.
    """
    params = params.model_copy(update={"positive": churn_value})  # as the errors name it
    labeled = table_rows[table_rows["churned"].notna()].astype({"churned": "bool"})
    churned, seen_on = labeled["churned"], labeled["as_of"]
    today, gap = pd.Timestamp(as_of.day), pd.Timedelta(days=params.find_gap(label))
    split = (
        split_by_date(seen_on, churned, params, today, gap)
        if params.time
        else assign_folds(labeled.drop(columns=[*KEY, "churned"]), churned, params)
    )
    # `assign` of a new column warns if a table has more than 100 columns.
    return ibis.memtable(labeled.assign(as_of=seen_on.dt.date).join(split.rename("split")))


def describe_rows(training_examples: ir.Table) -> str:
    """Write the rows of each split as text, for the summary of the run."""
    rows = training_examples.group_by("split").agg(
        rows=lambda examples: examples.count(),
        churned=lambda examples: examples.churned.sum(),
        first_date=lambda examples: examples.as_of.min(),
        last_date=lambda examples: examples.as_of.max(),
    )
    splits = rows.order_by(["first_date", "last_date", "split"]).to_pandas()
    if splits["split"].str.startswith("fold_").any():
        splits = splits.drop(columns=["first_date", "last_date"])
    return f"  rows\n{indent(splits.to_string(index=False), '    ')}"


def _read_plain(own_table: ir.Table, params: OwnTableParams) -> pd.DataFrame:
    kinds = own_table.schema().items()
    nested = [name for name, kind in kinds if kind.is_nested()]
    if nested:
        raise UnusableTableError(
            f"The columns {nested} hold lists or records: expected numbers, text or dates. "
            "Flatten or remove them in the file."
        )
    plain = {
        # A float holds no id of more than 15 digits exactly.
        name: own_table[name].cast("string" if name == params.id else "float64")
        for name, kind in kinds
        if kind.is_decimal()
    }
    return own_table.mutate(**plain).to_pandas()


def _name_rows(table: pd.DataFrame, params: OwnTableParams) -> pd.Series:
    """Return the id of each row, or its number from 1."""
    if params.id is None:
        return pd.Series((table.index + 1).astype("str"), index=table.index)
    ids = write_as_text(table[params.id])
    return ids.mask(ids == "")


def _date_rows(
    table: pd.DataFrame,
    readings: Mapping[str, Reading],
    params: OwnTableParams,
    today: pd.Timestamp,
) -> pd.Series:
    """Return the day of each row: that of `time`, or of the run."""
    if params.time is None:
        return pd.Series(today, index=table.index)
    return profile.read_days(table, readings[params.time], params)
