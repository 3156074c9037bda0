"""A value that the catalog entry does not describe is rejected or blanked by name, and shown."""

import json
from pathlib import Path

from kedro_asof.datasets.engine_table import EngineTable
from telco_churn.contracts import Customers, Invoices
from telco_churn.pipelines.ingestion.reports import report_late_values
from telco_churn.pipelines.ingestion.row_checks import check_rows
from tests.conftest import ZONE

CUSTOMERS = """\
customer_id,signed_up_on,segment,region,age_band
a,27.09.2025,RES,N,18-29
b,2025-09-27,RES,N,18-29
c,28.09.2025,VIP,N,18-29
d,28.09.2025,RES,West,18-29
"""
INVOICES = """\
invoice_id;customer_id;issued_on;due_on;paid_on;amount
1;a;20260901;20260915;00000000;31,80
2;a;20260901;20260915;2026-09-10;31,80
3;a;20260901;20260915;20260910;31.80
"""


def test_each_unknown_value_is_rejected_by_the_rule_of_its_column(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    raw = EngineTable(
        filepath=str(tmp_path / "customers.csv"),
        file_format="csv",
        cast={"signed_up_on": {"format": "%d.%m.%Y"}},
        values={"segment": {"RES": "consumer"}, "region": {"N": "north"}},
    ).load()
    checked = check_rows(raw, Customers, ZONE).order_by("customer_id").to_pyarrow().to_pylist()
    assert [row["broken_rule"] for row in checked] == [
        None,
        "signed_up_on_type",
        "segment_type",
        "region_type",
    ]
    assert (checked[0]["segment"], checked[0]["region"]) == ("consumer", "north")
    shown = [json.loads(row["raw_content"]) for row in checked[1:]]
    assert shown[0]["signed_up_on"] == "2025-09-27 [not understood]"
    assert shown[1]["segment"] == "VIP [not understood]"


def test_an_unknown_late_value_is_blanked_and_counted(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text(INVOICES)
    day = {"format": "%Y%m%d"}
    raw = EngineTable(
        filepath=str(tmp_path / "invoices.csv"),
        file_format="csv",
        load_args={"delim": ";"},
        cast={
            "issued_on": day,
            "due_on": day,
            "paid_on": day | {"missing": ["00000000"]},
            "amount": {"decimal": ","},
        },
    ).load()
    checked = check_rows(raw, Invoices, ZONE).cache()
    rows = checked.order_by("invoice_id").to_pyarrow().to_pylist()
    assert [row["broken_rule"] for row in rows] == [None, None, "amount_type"]
    assert [row["blanked_by"] for row in rows] == [None, "paid_on_type", None]
    report = report_late_values(invoices=checked)
    assert report[["outcome", "values"]].to_numpy().tolist() == [
        ["kept", 0],
        ["blanked_paid_on_type", 1],
    ]
