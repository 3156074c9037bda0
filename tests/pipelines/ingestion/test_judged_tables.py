"""Parameters list the tables to check; an invalid entry gives exactly one error."""

from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from kedro_asof.contracts.contract import TableContract
from telco_churn.contracts import Customers
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
    assert flows["ingestion.check_usage"][0] == [
        "raw_usage",
        "params:timezone",
        "checked_customers",
    ]


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
        ({"customers": {"contract": Customers}}, r"customers cannot belong to a customer"),
    ],
)
def test_an_entry_that_cannot_work_is_refused(tables: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected) as refused:
        params(**tables)
    assert refused.value.error_count() == 1
