"""A Kedro plugin that tracks runs in W&B through catalog metadata: `metadata: {wandb: {log: ...}}`.

In: `conf/base/wandb.yml` and the catalog. Out: one W&B run per Kedro run. README.md shows how to
add the plugin to a project.
"""

from kedro_wandb.hook import WandbHook
from kedro_wandb.mlflow_link import MlflowParameters

__all__ = ["MlflowParameters", "WandbHook"]
