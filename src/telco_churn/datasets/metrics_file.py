"""Metrics as a JSON file that people read, and in the MLflow run that made them."""

import mlflow
from kedro_datasets.json import JSONDataset


class MetricsFile(JSONDataset):  # type: ignore[misc]
    """`json.JSONDataset` for a flat dictionary of numbers, logged to the active MLflow run too.

    kedro-mlflow's own metric datasets live in MLflow alone, where no other tool finds them.
    """

    def save(self, data: dict[str, float]) -> None:
        """Write the file, then log each number under its own name."""
        super().save(data)
        if mlflow.active_run():
            mlflow.log_metrics(data)
