"""Tables that an operator does not have take their features, nodes and sources with them."""

from typing import Any

import pytest
from pydantic import ValidationError

from telco_churn.contracts import LateValueReport
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.pipeline_registry import create_pipelines
from telco_churn.pipelines.features.feature_config import describe_left_out
from telco_churn.pipelines.features.nodes import describe_features
from telco_churn.pipelines.ingestion.reports import report_late_values
from tests.conftest import read_parameters

BLOCKS = ("features", "label", "eligibility", "readiness", "ingestion")


def parameters(absent: list[str]) -> dict[str, Any]:
    blocks = {block: read_parameters(block) for block in BLOCKS}
    return blocks | {name: blocks[name] | {"absent": absent} for name in ("features", "ingestion")}


@pytest.mark.parametrize("absent", [["contacts"], ["invoices"], ["contacts", "invoices"]])
def test_no_pipeline_of_the_operator_reads_an_absent_table(absent: list[str]) -> None:
    pipelines = create_pipelines(parameters(absent))
    for name in ("ingestion", "features", "training", "scoring"):
        tables = {dataset.removeprefix("raw_") for dataset in pipelines[name].inputs()}
        assert not tables & set(absent)
        assert name == "training" or "usage" in tables


def test_the_dictionary_has_no_feature_of_an_absent_table() -> None:
    given = parameters(["contacts", "invoices"])["features"]
    left = describe_features(FeatureParams.model_validate(given))
    whole = describe_features(FeatureParams.model_validate(given | {"absent": []}))
    assert set(left["source_table"]) == {"customers", "subscriptions", "usage"}
    lost = len(whole) - len(left)
    assert lost > 10
    assert str(describe_left_out(given)).startswith(f"{lost} features are left out, because")
    assert describe_left_out(given | {"absent": []}) is None


@pytest.mark.parametrize("absent", ["usage", "customers", "cancellations", "invoises"])
def test_only_a_known_table_that_is_not_required_can_be_absent(absent: str) -> None:
    with pytest.raises(ValidationError, match=rf"Invalid absent tables \['{absent}'\]: expected"):
        IngestionParams.model_validate(parameters([absent])["ingestion"])


def test_the_report_of_late_values_is_empty_without_tables_that_have_them() -> None:
    LateValueReport.validate(report_late_values())
