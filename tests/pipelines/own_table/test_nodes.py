"""A table becomes a profile, features and examples; invalid parameters are rejected."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from kedro_asof.params import AsOf
from telco_churn.contracts import CustomerFeatures
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.own_table import nodes
from telco_churn.pipelines.own_table.checks import UnusableTableError
from telco_churn.pipelines.own_table.profile import name_features
from tests.conftest import PROJECT, evaluation_params, label_params

AS_OF = AsOf(date(2026, 1, 1))
LABEL, UNSLICED = label_params(), evaluation_params(slices=())


def params(**changes: Any) -> OwnTableParams:
    given = {"table": "table.csv", "id": "account", "target": "left", "positive": "Yes"}
    return OwnTableParams(**(given | changes))


def monthly_table(months: int = 10, customers: int = 4) -> pd.DataFrame:
    """Make one row per customer and month, as text; every second customer leaves."""
    days = pd.date_range("2025-01-01", periods=months, freq="MS").repeat(customers)
    number = np.tile(np.arange(customers), months)
    return pd.DataFrame(
        {
            "account": [f"A-{customer}" for customer in number],
            "month": days.strftime("%Y-%m-%d"),
            "contract_ends": ["2025-06-01"] * (len(days) - 1) + ["2025-12-01"],
            "visits": [str(visits % 7) for visits in range(len(days))],
            "left": ["Yes" if customer % 2 else "No" for customer in number],
        }
    )


def profile(table: pd.DataFrame, own: OwnTableParams, as_of: AsOf = AS_OF) -> pd.DataFrame:
    return nodes.profile_columns(ibis.memtable(table), own, UNSLICED, as_of)[0]


def read(table: pd.DataFrame, own: OwnTableParams, as_of: AsOf = AS_OF) -> pd.DataFrame:
    return nodes.read_table(ibis.memtable(table), profile(table, own, as_of), "Yes", own, as_of)


def examples(table: pd.DataFrame, own: OwnTableParams, as_of: AsOf = AS_OF) -> pd.DataFrame:
    return nodes.build_examples(read(table, own, as_of), "Yes", own, LABEL, as_of).to_pandas()


def find_note(table: pd.DataFrame, own: OwnTableParams, column: str) -> str:
    return str(profile(table, own).set_index("column")["note"].fillna("")[column])


def features(table: pd.DataFrame, own: OwnTableParams, as_of: AsOf = AS_OF) -> pd.DataFrame:
    built = nodes.build_features(read(table, own, as_of), as_of)
    return CustomerFeatures.validate(built).to_pandas()


def test_time_is_no_feature_and_dates_become_days_before_each_row_s_own_date() -> None:
    table, own = monthly_table(), params(time="month")
    assert profile(table, own).set_index("column")["used_as"].to_dict() == {
        "account": "id",
        "month": "time",
        "contract_ends": "days before as_of",
        "visits": "number",
        "left": "target",
    }
    built = examples(table, own).set_index(["customer_id", "as_of"])
    assert list(built.columns) == ["contract_ends", "visits", "churned", "split"]
    assert built.loc[("A-0", pd.Timestamp("2025-07-01")), "contract_ends"] == 30
    assert built.loc[("A-0", pd.Timestamp("2025-05-01")), "contract_ends"] == -31


def test_with_time_the_latest_row_of_each_customer_is_scored_on_the_date_of_the_run() -> None:
    table = monthly_table()
    gone = table[(table["account"] != "A-1") | (table["month"] < "2025-08-01")]
    built = features(gone, params(time="month")).sort_values("customer_id")
    assert built["customer_id"].tolist() == ["A-0", "A-1", "A-2", "A-3"]
    assert set(pd.to_datetime(built["as_of"])) == {pd.Timestamp(AS_OF.day)}
    assert built["contract_ends"].tolist() == [122, 30, 122, -61]


def test_a_target_may_be_empty_where_it_cannot_be_known_yet() -> None:
    table, own, as_of = monthly_table(), params(time="month"), AsOf(date(2025, 10, 15))
    open_rows = table.assign(left=table["left"].mask(table["month"] == "2025-10-01"))
    built = examples(open_rows, own, as_of)
    assert len(built) == len(table) - 4
    assert features(open_rows, own, as_of)["contract_ends"].tolist() == [122, 122, 122, -61]
    assert (examples(table, own, as_of)["split"] == "gap").sum() == 4


@pytest.mark.parametrize(
    ("change", "own", "expected"),
    [
        (
            {"month": "soon"},
            {},
            r"month \(own_table.time\): 40 rows hold \['soon'\], expected a date",
        ),
        ({"month": None}, {}, r"month \(own_table.time\): 40 rows hold \['nothing'\]"),
        (
            {},
            {"time": "visits"},
            r"visits \(own_table.time\): 40 rows hold \['0', .*expected a date",
        ),
        ({}, {"time": "when"}, r"Missing columns \['when'\].*Correct own_table.time"),
        ({}, {"time": "left"}, r"own_table.target and own_table.time name the same column 'left'"),
        ({}, {"drop": "month"}, r"own_table.time and own_table.drop name the same column 'month'"),
        (
            {"month": "2025-01-01"},
            {},
            r"account \(own_table.id\) on one date of month: \['A-0'",
        ),
        (
            {},
            {"time": None},
            r"Repeated values in .*account.*name the date of each row in own_table.time",
        ),
        ({"left": None}, {}, r"left \(own_table.target\): it holds \[\], expected two values"),
        ({"month": "03/04/2025"}, {}, r"Ambiguous dates in .*month.*Set own_table.date_format"),
    ],
)
def test_columns_that_do_not_fit_time_are_refused(
    change: dict[str, Any], own: dict[str, Any], expected: str
) -> None:
    with pytest.raises(UnusableTableError, match=expected):
        profile(monthly_table().assign(**change), params(**({"time": "month"} | own)))


def test_rows_after_the_date_of_the_run_are_refused_and_those_on_it_are_not() -> None:
    own = params(time="month")
    profile(monthly_table(), own, AsOf(date(2025, 10, 1)))
    with pytest.raises(
        UnusableTableError, match=r"8 rows are dated after 2025-08-31.*as_of=2025-10-01"
    ):
        profile(monthly_table(), own, AsOf(date(2025, 8, 31)))


@pytest.mark.parametrize("value", ["inf", "-Infinity", float("inf")])
def test_infinite_numbers_are_refused(value: str | float) -> None:
    table = monthly_table()
    visits = table["visits"] if isinstance(value, str) else table["visits"].astype("float64")
    broken = table.assign(visits=visits.where(table.index > 2, value))
    with pytest.raises(
        UnusableTableError, match=r"infinite values: visits in 3 rows.*own_table.drop"
    ):
        profile(broken, params(time="month"))
    assert len(profile(broken, params(time="month", drop="visits"))) == 5


def test_without_time_identical_rows_share_a_fold() -> None:
    table = monthly_table().drop(columns="month").assign(account=range(40), contract_ends="X")
    built = examples(table, params())
    assert built.groupby("visits")["split"].nunique().max() == 1
    assert set(pd.to_datetime(built["as_of"])) == {pd.Timestamp(AS_OF.day)}


def test_a_summary_names_columns_and_rows_of_each_purpose() -> None:
    table, own = monthly_table(), params(time="month")
    _, overview, *_ = nodes.profile_columns(ibis.memtable(table), own, UNSLICED, AS_OF)
    words = [line.split() for line in overview.splitlines()]
    assert ["month", "date", "time", "0", "0", "10"] in [line[:6] for line in words]
    built = nodes.build_examples(read(table, own), "Yes", own, LABEL, AS_OF)
    lines = [line.split() for line in nodes.describe_rows(built).splitlines()]
    assert ["train", "24", "12", "2025-01-01", "2025-06-01"] in lines
    assert ["test", "8", "4", "2025-09-01", "2025-10-01"] in lines


def test_shares_that_leave_no_row_to_train_on_are_refused() -> None:
    with pytest.raises(ValueError, match="add up to 1, expected less than 1"):
        params(calibration_fraction=0.5, test_fraction=0.5)


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_time_is_none(empty: str | None) -> None:
    assert params(time=empty).time is None


def test_decimal_ids_keep_all_their_digits() -> None:
    table = monthly_table(months=1, customers=40)
    ids = [Decimal(100_000_000_000_001_001 + row) for row in range(len(table))]
    own_table = ibis.memtable(table.assign(account=ids)).mutate(
        account=lambda rows: rows.account.cast("decimal(18, 0)")
    )
    columns, *_ = nodes.profile_columns(own_table, params(), UNSLICED, AS_OF)

    found = nodes.read_table(own_table, columns, "Yes", params(), AS_OF)

    assert found["customer_id"].tolist() == [str(number) for number in ids]


def test_features_whose_names_differ_by_case_are_told_apart() -> None:
    names = name_features(["Split", "Total charges", "total_charges", "AS_OF"])
    assert list(names.values()) == ["Split_2", "Total_charges", "total_charges_2", "AS_OF_2"]


def test_a_profile_is_read_back_as_it_was_saved(tmp_path: Path) -> None:
    entry = OmegaConf.load(PROJECT / "conf/own_table/catalog/own_table.yml")["column_profile"]
    loads = OmegaConf.to_container(entry["load_args"])
    own = monthly_table().rename(columns={"visits": "NA", "contract_ends": "2024"})
    saved = profile(own, params(time="month"))
    saved.to_csv(tmp_path / "profile.csv", index=False)

    loaded = pd.read_csv(tmp_path / "profile.csv", **loads)

    assert loaded["column"].tolist() == saved["column"].tolist()
    assert loaded["feature"].dropna().tolist() == saved["feature"].dropna().tolist()


def test_dates_after_the_date_of_their_row_are_counted() -> None:
    table = monthly_table()
    by_row = find_note(table, params(time="month"), "contract_ends")
    assert by_row.startswith("21 dates after month are negative days; --drop it if")
    assert not find_note(table, params(time="month"), "month")
    alone = table.assign(account=range(len(table)))
    assert not find_note(alone, params(), "contract_ends")
    before = nodes.profile_columns(
        ibis.memtable(alone), params(), UNSLICED, AsOf(date(2025, 11, 1))
    )
    assert before[0].set_index("column")["note"]["contract_ends"].startswith("1 dates after as_of")


def test_a_class_of_one_row_ranks_nothing() -> None:
    table = monthly_table().assign(account=range(40), left=["Yes"] + ["No"] * 39)
    ranked = profile(table, params()).set_index("column")["roc_auc"]
    assert ranked.drop("left").eq(0.5).all()


def test_a_table_of_many_columns_is_read_without_a_warning() -> None:
    columns = {f"fee_{number}": ["1.5", "2.5"] * 20 for number in range(150)}
    table = monthly_table().assign(account=range(40))
    wide = table.drop(columns="month").join(pd.DataFrame(columns))
    assert list(examples(wide, params()).columns[-3:]) == ["fee_149", "churned", "split"]
