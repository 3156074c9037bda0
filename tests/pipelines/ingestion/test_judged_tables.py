"""Parameters list the tables to check; an invalid entry gives exactly one error."""

from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from kedro_asof.contracts.contract import TableContract
from kedro_asof.tags import DELIVERED
from telco_churn.contracts import Customers, Usage
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipelines.ingestion.pipeline import create_pipeline
from tests.conftest import read_parameters


class Towers(TableContract):
    """A table without customers."""

    tower_id: str

    class Config:
        unique: ClassVar = ["tower_id"]


class WithoutKey(TableContract):
    """A contract without a key."""

    customer_id: str


def params(**tables: Any) -> IngestionParams:
    given = read_parameters("ingestion")
    merged = given["tables"] | tables
    kept = {name: table for name, table in merged.items() if table is not None}
    return IngestionParams(**given | {"tables": kept})


def test_an_entry_makes_the_nodes_of_a_table() -> None:
    towers = {"contract": f"{__name__}.Towers", "belongs_to_customer": False}
    pipeline = create_pipeline(params(towers=towers).tables)
    flows = {node.name: (node.inputs, node.outputs) for node in pipeline.nodes}
    assert flows["ingestion.check_towers"] == (
        ["raw_towers", "params:timezone"],
        ["checked_towers"],
    )
    assert flows["ingestion.trust_towers"][1] == ["towers"]
    assert "checked_towers" in flows["ingestion.report_ingestion"][0]
    assert "checked_towers" in flows["ingestion.collect_rejected_rows"][0]
    assert flows["ingestion.check_subscriptions"][0] == [
        "raw_subscriptions",
        "params:timezone",
        "checked_customers",
    ]


def test_a_table_with_an_event_date_is_ingested_by_deliveries() -> None:
    pipeline = create_pipeline(params().tables)
    flows = {node.name: (node.inputs, node.outputs) for node in pipeline.nodes}
    assert flows["ingestion.find_usage_deliveries"][0][:2] == ["raw_usage", "usage_before"]
    assert flows["ingestion.trust_usage"] == (["usage_change", "accepted_late_values"], ["usage"])
    changing = {node.name for node in pipeline.only_nodes_with_tags(DELIVERED).nodes}
    events = ("usage", "invoices", "contacts", "cancellations")
    assert changing == {
        f"ingestion.{verb}_{table}" for table in events for verb in ("check", "trust")
    }


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"towers": {"contract": "nowhere.Towers"}}, r"contract\n.*No module named 'nowhere'"),
        ({"towers": {"contract": f"{__name__}.Tower"}}, r"contract\n.*(cannot|No).*Tower"),
        ({"towers": {"contract": "datetime.date"}}, r"contract\n.*subclass of TableContract"),
        ({"towers": {"contract": WithoutKey}}, r"towers\n.*Missing key.*Add `unique"),
        (
            {"towers": {"contract": Towers}},
            r"towers\n.*Missing column 'customer_id': the contract has \['tower_id'\]",
        ),
        ({"towers": {"contract": Towers, "key": []}}, r"towers\.key"),
        ({"usage": None}, r"Missing tables \['usage'\]"),
        ({"usage": {"contract": Usage, "event_date": "month"}}, r"event_date 'month': .*\['day'\]"),
        ({"usage": {"contract": Usage, "loaded_at": "delivery"}}, r"it needs an event_date"),
        (
            {
                "customers": {
                    "contract": Customers,
                    "belongs_to_customer": False,
                    "event_date": "signed_up_on",
                }
            },
            r"event_date of customers: the table is delivered whole",
        ),
        ({"customers": {"contract": Customers}}, r"customers cannot belong to a customer"),
    ],
)
def test_an_entry_that_cannot_work_is_refused(tables: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected) as refused:
        params(**tables)
    assert refused.value.error_count() == 1
