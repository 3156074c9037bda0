"""W&B tracking of any Kedro project by its catalog: `metadata: {wandb: {log: ...}}`.

It knows nothing of the project it is in: copy the folder, add `WandbHook()` to `HOOKS`, and write a
`conf/base/wandb.yml`.
"""

from telco_churn.tracking.mlflow_parameters import MlflowParameters
from telco_churn.tracking.wandb_hook import WandbHook

__all__ = ["MlflowParameters", "WandbHook"]
