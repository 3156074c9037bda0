"""Which run of the trackers this is, so that what it leaves can name it."""

import mlflow

TAGS = ("wandb_run_id", "wandb_run_path")


def find_run_ids() -> dict[str, str]:
    """Return `mlflow_run_id` and what its tags say of W&B; nothing where no run is tracked."""
    active = mlflow.active_run()
    if active is None:
        return {}
    tags = mlflow.get_run(active.info.run_id).data.tags
    return {"mlflow_run_id": active.info.run_id} | {tag: tags[tag] for tag in TAGS if tag in tags}
