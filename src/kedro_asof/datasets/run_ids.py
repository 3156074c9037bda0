"""The ids of a run in its trackers, so that a commit or a version can name it."""

import sys
from typing import Any

TAGS = ("wandb_run_id", "wandb_run_path")


def find_run_ids() -> dict[str, str]:
    """Return `mlflow_run_id` and the ids of W&B in its tags; nothing for a run without MLflow."""
    mlflow: Any = sys.modules.get("mlflow")  # a project that tracks with it has imported it
    active = mlflow.active_run() if mlflow else None
    if active is None:
        return {}
    tags = mlflow.get_run(active.info.run_id).data.tags
    return {"mlflow_run_id": active.info.run_id} | {tag: tags[tag] for tag in TAGS if tag in tags}
