"""The code that MLflow runs when it loads the packaged model ("models from code").

https://mlflow.org/docs/latest/ml/model/models-from-code/
"""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from telco_churn.model.churn_model import ChurnModel


class PackagedChurnModel(PythonModel):
    """Feature frame in, scores out."""

    def load_context(self, context: Any) -> None:
        """Read the model's text files."""
        self.model = ChurnModel.load(Path(context.artifacts["model"]))
        held_out = context.artifacts.get("held_out")
        self.held_out = None if held_out is None else pd.read_parquet(held_out)

    def predict(
        self,
        context: Any,  # noqa: ARG002  (MLflow's own signature)
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Score customers; see `ChurnModel.score`, whose `reasons` is the one parameter."""
        return self.model.score(model_input, reasons=(params or {}).get("reasons", "all"))


set_model(PackagedChurnModel())
