"""The code that MLflow runs to load the packaged model ("models from code").

Source: https://mlflow.org/docs/latest/ml/model/models-from-code/
"""

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

from telco_churn.model.churn_model import ChurnModel


class PackagedChurnModel(PythonModel):
    """The churn model with MLflow's interface."""

    def load_context(self, context: Any) -> None:
        """Read the model and, if packaged, the held-out rows."""
        self.model = ChurnModel.load(Path(context.artifacts["model"]))
        held_out = context.artifacts.get("held_out")
        self.held_out = None if held_out is None else pd.read_parquet(held_out)
        self.ignored: set[str] = set()

    def predict(
        self,
        context: Any,  # noqa: ARG002  (MLflow's own signature)
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Score customers with `ChurnModel.score`; its `reasons` is the only parameter.

        The frame may have further columns, which are left out with one warning per loaded model.
        """
        features, extra = self.model.select_features(pd.DataFrame(model_input))
        if new := [name for name in extra if name not in self.ignored]:
            self.ignored.update(new)
            warnings.warn(f"Ignored columns {new}: the model does not read them.", stacklevel=2)
        return self.model.score(features, reasons=(params or {}).get("reasons", "all"))


set_model(PackagedChurnModel())
