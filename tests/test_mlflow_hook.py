"""The hook of kedro-mlflow sees its own datasets only."""

from typing import Any

from kedro.io import DataCatalog

from telco_churn.hooks import MlflowHook

ENTRIES: dict[str, dict[str, Any]] = {
    "roc_auc": {"type": "kedro_mlflow.io.metrics.MlflowMetricDataset"},
    "of_another_run": {"type": "a_package_that_is_not_installed.Dataset"},
}


def test_a_metric_gets_the_name_of_its_entry_and_no_other_dataset_is_imported() -> None:
    catalog = DataCatalog.from_config(ENTRIES)
    MlflowHook().after_catalog_created(catalog, ENTRIES)
    assert catalog["roc_auc"].key == "roc_auc"
