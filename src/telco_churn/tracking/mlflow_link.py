"""Tells MLflow of the W&B run, where MLflow tracks this Kedro run too."""

import json
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from telco_churn.tracking.events import Picture, Reference

DIGEST_LENGTH = 36  # what MLflow takes


class MlflowLink:
    """The MLflow run that goes on beside; there may be none, nor MLflow itself.

    Attributes:
        run_id: MLflow's id, or None.
    """

    def __init__(self) -> None:
        mlflow: Any = sys.modules.get("mlflow")  # whoever tracks with it has imported it
        active = mlflow.active_run() if mlflow else None
        self.run_id: str | None = active.info.run_id if active else None

    def set_tags(self, tags: dict[str, str]) -> None:
        """Tag the run."""
        if self.run_id:
            client = self._client()
            for name, value in tags.items():
                client.set_tag(self.run_id, name, value)

    def log_pictures(self, pictures: Iterable[Picture]) -> None:
        """Keep pictures under `plots/`."""
        if self.run_id is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, f"{picture.name}{picture.suffix}") for picture in pictures]
            for file, picture in zip(files, pictures, strict=True):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(picture.content)
            if files:
                self._client().log_artifacts(self.run_id, folder, "plots")

    def log_datasets(self, references: Iterable[Reference]) -> None:
        """Note which data the run has read and written, by digest."""
        if self.run_id is None:
            return
        from mlflow.entities import Dataset, DatasetInput, InputTag  # noqa: PLC0415

        datasets = [
            DatasetInput(
                Dataset(
                    name=reference.name,
                    digest=reference.digest[:DIGEST_LENGTH],
                    source_type="kedro",
                    source=json.dumps({"uri": reference.uri}),
                    profile=json.dumps(reference.facts),
                ),
                tags=[InputTag("mlflow.data.context", "input" if reference.is_input else "output")],
            )
            for reference in references
            if reference.digest
        ]
        if datasets:
            self._client().log_inputs(self.run_id, datasets)

    def end_as_killed(self) -> None:
        """Mark the run killed: at the exit of a process MLflow would call it finished."""
        mlflow: Any = sys.modules.get("mlflow")
        if self.run_id and mlflow.active_run():
            mlflow.end_run("KILLED")
        elif self.run_id:  # in another thread than the run's own, for which MLflow has none
            self._client().set_terminated(self.run_id, "KILLED")

    def _client(self) -> Any:
        return sys.modules["mlflow"].MlflowClient()
