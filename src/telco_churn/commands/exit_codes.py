"""Errors of MLflow in one sentence, for the commands of this project."""

from kedro.io import DatasetError
from mlflow.exceptions import MlflowException

from kedro_asof import exit_codes
from telco_churn.registry.registry_errors import explain_lost_registry


def translate_error(error: Exception) -> Exception | None:
    """Name a registry that does not answer; show other errors of MLflow without traceback."""
    lost = explain_lost_registry(error)
    if lost is None and isinstance(error, MlflowException):
        return DatasetError(str(error))
    return lost


explain_errors = exit_codes.explain_errors(translate_error)
