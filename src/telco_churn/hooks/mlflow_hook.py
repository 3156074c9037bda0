"""The hook of kedro-mlflow, without the import of every dataset of the catalog."""

import warnings
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog

# MLflow warns about a class of kedro-mlflow without type hints, and ignores warning filters.
with warnings.catch_warnings(record=True) as caught:
    from kedro_mlflow.framework.hooks.mlflow_hook import MlflowHook as KedroMlflowHook
for warning in caught:
    if "type hint" not in str(warning.message):
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


class MlflowHook(KedroMlflowHook):  # type: ignore[misc]
    """Names the metric datasets of kedro-mlflow, and leaves other datasets to the nodes."""

    @hook_impl
    def after_catalog_created(self, catalog: DataCatalog, conf_catalog: dict[str, Any]) -> None:
        """Pass only the datasets of kedro-mlflow: reading an entry imports and creates it."""
        types = {name: str(conf_catalog.get(name, {}).get("type")) for name in catalog}
        named = {name: catalog[name] for name, of in types.items() if of.startswith("kedro_mlflow")}
        super().after_catalog_created(named, conf_catalog, {}, {}, "", {})
        for name, dataset in named.items():
            catalog[name] = dataset
