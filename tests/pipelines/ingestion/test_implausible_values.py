"""An implausible number is rejected; an undeclared category is counted and warned of."""

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from kedro_asof.contracts.contract import TableContract
from kedro_asof.windows.statistics import EXACT, MILLION
from telco_churn import contracts
from telco_churn.contracts import Contacts, Usage
from telco_churn.errors import InvalidFeatureError
from telco_churn.parameters.features import FeatureParams, TileParams
from telco_churn.parameters.ingestion import IngestionParams, JudgedTableParams
from telco_churn.pipelines.features.feature_config import check_feature_config
from telco_churn.pipelines.ingestion.category_report import OTHERS, report_categories
from telco_churn.pipelines.ingestion.row_checks import check_rows
from tests.conftest import (
    ZONE,
    eligibility_params,
    feature_params,
    label_params,
    read_parameters,
)
from tests.kedro_asof.fixtures import Put

TABLES = IngestionParams(**read_parameters("ingestion")).tables
CONTACT: dict[str, Any] = {
    "customer_id": "a",
    "contacted_on": date(2026, 1, 5),
    "channel": "chat",
    "resolved_on": date(2026, 1, 6),
    "satisfaction": 3,
}


@pytest.mark.parametrize(
    ("column", "value"),
    [("sms_count", 4_600_000_000_000_000_000), ("data_mb", 1e15), ("dropped_calls", 2**31)],
)
def test_an_implausible_count_is_rejected(column: str, value: float, put: Put) -> None:
    usage = {"call_minutes": 1.0, "data_mb": 2.0, "sms_count": 3, "dropped_calls": 0}
    row = {"customer_id": "a", "day": date(2026, 1, 1), "outage_minutes": 0} | usage
    rows = check_rows(put(pa.Table.from_pylist([row | {column: value}])), Usage, ZONE)
    assert rows.to_pyarrow()["broken_rule"].to_pylist() == [f"{column}_too_large"]


def test_every_number_of_an_operator_has_both_bounds() -> None:
    for name, table in TABLES.items():
        for column, rules in table.contract.to_schema().columns.items():
            if rules.dtype.type.is_numeric():
                bounds = {key for check in rules.checks for key in check.statistics}
                assert bounds == {"min_value", "max_value"}, f"{name}.{column}"


def test_sums_of_a_usage_row_a_day_are_exact_over_every_window() -> None:
    usage = feature_params().windows["usage"]
    longest = max(feature.reach for feature in usage.list_features("usage"))
    for column in usage.numeric_columns:
        checks = Usage.to_schema().columns[column].checks
        most = max(check.statistics.get("max_value", 0) for check in checks)
        assert most * longest <= EXACT / MILLION, column


def test_a_topic_that_nobody_declared_is_counted_and_warned_of(
    put: Put, caplog: pytest.LogCaptureFixture
) -> None:
    topics = ["complaint"] * 3 + ["roaming"] * 2 + ["eSIM", "eSIM", "eSIM"] + ["billing"]
    rows = [CONTACT | {"contact_id": str(n), "topic": topic} for n, topic in enumerate(topics)]
    checked = check_rows(put(pa.Table.from_pylist(rows)), Contacts, ZONE)
    report = report_categories(TABLES)(contacts=checked)
    contracts.CategoryReport.validate(report)
    assert report[["value", "rows", "expected"]].to_numpy().tolist() == [
        ["complaint", 3, True],
        ["billing", 1, True],
        ["technical", 0, True],
        ["plan", 0, True],
        ["moving", 0, True],
        ["eSIM", 3, False],
        ["roaming", 2, False],
    ]
    assert "raw_contacts: 5 of 9 rows (55.6%) have a topic that" in caplog.text
    assert "for example 'eSIM', 'roaming'." in caplog.text


def test_many_undeclared_values_are_listed_in_part_and_counted_in_whole(put: Put) -> None:
    rows = [CONTACT | {"contact_id": str(n), "topic": f"free text {n}"} for n in range(50)]
    checked = check_rows(put(pa.Table.from_pylist(rows)), Contacts, ZONE)
    report = report_categories(TABLES)(contacts=checked)
    assert report["rows"].sum() == 50
    assert report.iloc[-1][["value", "rows"]].to_list() == [OTHERS, 30]


def test_declared_values_give_no_warning(put: Put, caplog: pytest.LogCaptureFixture) -> None:
    rows = [CONTACT | {"contact_id": "1", "topic": "plan"}]
    with caplog.at_level(logging.WARNING):
        report_categories(TABLES)(
            contacts=check_rows(put(pa.Table.from_pylist(rows)), Contacts, ZONE)
        )
    assert not caplog.records


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"expected_values": {}}, r"Undeclared values of contacts\.topic: features name"),
        ({"expected_values": {"topic": ["billing"]}}, r"Unknown values \['complaint', 'technical'"),
    ],
)
def test_a_category_that_features_name_is_declared(
    changes: Mapping[str, Any], expected: str
) -> None:
    contacts = TABLES["contacts"].model_copy(update=changes)
    with pytest.raises(InvalidFeatureError, match=expected):
        _check(tables=TABLES | {"contacts": contacts})


def test_a_contract_that_lists_the_values_declares_them() -> None:
    segments = {
        "date": "signed_up_on",
        "windows": [28],
        "categories": {"segment": {"business": ["count"]}},
    }
    _check(features=FeatureParams.model_validate({"windows": {"customers": segments}}))


def test_activity_without_event_tables_is_one_clear_error() -> None:
    with pytest.raises(InvalidFeatureError, match=r"Missing label\.event_tables: eligibility"):
        _check(eligibility=eligibility_params(active_within_days=28))
    _check(
        eligibility=eligibility_params(active_within_days=28),
        label=label_params(event_tables=["usage"]),
    )


def test_tiles_are_cut_by_the_date_of_deliveries() -> None:
    declared = feature_params()
    tiles = TileParams(tables=["invoices"], week_starts_on="monday")
    due = declared.windows["invoices"].model_copy(update={"date": "due_on"})
    windows = {**declared.windows, "invoices": due}
    _check(features=declared.model_copy(update={"windows": windows}))
    with pytest.raises(InvalidFeatureError, match=r"Invalid date 'due_on'.*expected 'issued_on'"):
        _check(features=declared.model_copy(update={"windows": windows, "tiles": tiles}))


def test_expected_values_belong_to_a_text_column() -> None:
    with pytest.raises(ValidationError, match=r"Invalid columns \['topics'\] in expected_values"):
        JudgedTableParams(contract=Contacts, expected_values={"topics": ["billing"]})


def _check(**changes: Any) -> None:
    known: dict[str, type[TableContract]] = {name: TABLES[name].contract for name in TABLES}
    given = {
        "features": feature_params(),
        "label": label_params(),
        "eligibility": eligibility_params(),
        "tables": TABLES,
        "contracts": known,
    }
    check_feature_config(**(given | changes))
