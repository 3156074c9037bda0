"""Check the configuration of a run, and build the pipelines for it."""

import logging
from typing import Any

from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import DataCatalog

from kedro_asof.contracts.from_catalog import find_contracts
from kedro_asof.datasets.monthly_table import MonthlyTable
from kedro_asof.preflight import check_parameters
from telco_churn.parameters import BLOCKS
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.ingestion import IngestionParams
from telco_churn.parameters.label import LabelParams
from telco_churn.parameters.renamed import refuse_renamed
from telco_churn.pipeline_registry import create_pipelines, find_requested
from telco_churn.pipelines.features.feature_config import check_feature_config, describe_left_out
from telco_churn.pipelines.ingestion.ingestion_config import (
    check_delivery_names,
    check_delivery_types,
    check_ingestion_config,
)

logger = logging.getLogger(__name__)


class CheckParametersHook:
    """Ends a run with unknown or invalid parameters, or parameters that contradict a contract."""

    @hook_impl(tryfirst=True)
    def after_context_created(self, context: KedroContext) -> None:
        """Check each block, then register the pipelines for the configuration of this run."""
        parameters = context.config_loader["parameters"]
        refuse_renamed(parameters)
        check_parameters(parameters, BLOCKS)
        settings = context.config_loader["globals"]
        made = create_pipelines(
            parameters,
            context.config_loader["catalog"],
            settings.get("default_pipeline", "__default__"),
            find_requested(),
            settings.get("pipelines"),
        )
        for name in set(pipelines) - set(made):
            del pipelines[name]
        pipelines.update(made)
        if left_out := describe_left_out(parameters["features"]):
            logger.info(left_out)

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog, parameters: dict[str, Any]) -> None:
        """Compare the tables of ingestion and the declared features with the contracts."""
        ingestion = IngestionParams.model_validate(parameters["params:ingestion"])
        check_delivery_names(ingestion)
        judged = ingestion.tables
        entries = [entry for table in judged for entry in (f"raw_{table}", table)]
        check_ingestion_config(judged, find_contracts(catalog, entries), catalog)
        monthly = [name for name in judged if isinstance(catalog.get(name), MonthlyTable)]
        check_delivery_types(judged, monthly)
        features = FeatureParams.model_validate(parameters["params:features"])
        label = LabelParams.model_validate(parameters["params:label"])
        eligibility = EligibilityParams.model_validate(parameters["params:eligibility"])
        contracts = find_contracts(catalog, features.windows)
        check_feature_config(features, label, eligibility, judged, contracts)
