"""The ids of a run in MLflow and W&B, so that a commit or a model version can name its run."""

import sys
from typing import Any

TAGS = ("wandb_run_id", "wandb_run_path")


def find_run_ids() -> dict[str, str]:
    """Return `mlflow_run_id` and the W&B ids in its tags; an empty dict without an MLflow run."""
    mlflow: Any = sys.modules.get("mlflow")  # a project that tracks with MLflow has imported it
    active = mlflow.active_run() if mlflow else None
    if active is None:
        return {}
    tags = mlflow.get_run(active.info.run_id).data.tags
    return {"mlflow_run_id": active.info.run_id} | {tag: tags[tag] for tag in TAGS if tag in tags}
