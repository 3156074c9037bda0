"""Exit codes and short errors for the commands of this project, including errors of MLflow."""

from kedro.io import DatasetError
from mlflow.exceptions import MlflowException

from kedro_asof import exit_codes
from kedro_asof.errors import NotReadyError
from telco_churn.registry.registry_errors import (
    LOCKED,
    explain_damaged_registry,
    explain_lost_registry,
)


def translate_error(error: Exception) -> Exception | None:
    """Convert an error of MLflow to one shown without traceback; None for other errors."""
    lost = explain_lost_registry(error) or explain_damaged_registry(error)
    if lost and LOCKED in str(lost):
        return NotReadyError(
            "MLflow's registry is locked by another process. This run changed nothing. Try again "
            "later."
        )
    if lost is None and isinstance(error, MlflowException):
        return DatasetError(str(error))
    return lost


explain_errors = exit_codes.explain_errors(translate_error)
