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

    def predict(
        self,
        context: Any,  # noqa: ARG002  (MLflow's own signature)
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Score customers; see `ChurnModel.score`."""
        return self.model.score(model_input)


set_model(PackagedChurnModel())
