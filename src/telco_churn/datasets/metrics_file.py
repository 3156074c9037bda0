"""A dataset that saves metrics to a JSON file and to the active MLflow run."""

import mlflow

from kedro_asof.datasets.replaced_files import JSONFile


class MetricsFile(JSONFile):
    """`JSONFile` for a flat dictionary of numbers that also logs them to MLflow.

    The metric datasets of kedro-mlflow exist only in MLflow, where other tools cannot read them.
    """

    def save(self, data: dict[str, float]) -> None:
        """Write the file, then log each number under its name."""
        super().save(data)
        if mlflow.active_run():
            mlflow.log_metrics(data)
