"""Another learner passes through every step: calibration, gate, package, batches, reasons."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from deltalake import DeltaTable

from telco_churn.model.churn_model import ChurnModel
from telco_churn.model.linear_scorer import LinearScorer
from tests.conftest import ProjectCopy

BY_REGRESSION = ["--params", "training.learner=logistic_regression"]
PREDICT = """
import sys
sys.modules["sklearn"] = sys.modules["kedro"] = sys.modules["kedro_asof"] = None
sys.path[:] = [sys.argv[4], *(place for place in sys.path if not place.endswith("src"))]
import pandas as pd
from pathlib import Path
import telco_churn
from telco_churn.model.churn_model import ChurnModel
assert telco_churn.__file__.startswith(sys.argv[4]), "not the packaged code"
model = ChurnModel.load(Path(sys.argv[1]))
model.score(pd.read_parquet(sys.argv[2])).to_parquet(sys.argv[3])
"""


@pytest.mark.slow
def test_a_logistic_regression_is_judged_packaged_and_scores_with_reasons(
    project: ProjectCopy, tmp_path: Path
) -> None:
    trained = project.run("--pipelines", "training", *BY_REGRESSION)
    assert trained.exit_code == 0, trained.output
    reports = project.data / "08_reporting"
    promotion = json.loads((project.data / "06_models" / "promotion.json").read_text())
    assert promotion["status"] == "challenger"
    assert "champion version 1" in promotion["reasons"][0]
    assert promotion["evidence"]["candidate_profit"]
    assert "Logistic regression on scaled numbers" in (reports / "model_card.md").read_text()
    assert (reports / "plots" / "learning_plot.png").exists()
    assert json.loads((project.data / "06_models" / "lightgbm_params.json").read_text()) == {}

    for command in (["promote", "--params", "version=2"], ["scoring"]):
        result = project.run("--pipelines", *command)
        assert result.exit_code == 0, result.output
    scores = DeltaTable(project.data / "07_model_output" / "churn_scores").to_pandas()
    scores = scores[scores["model_version"].astype(int) == 2].set_index("customer_id").sort_index()
    assert len(scores) > 500

    (text,) = (project.path / "mlruns").rglob("regression.json")
    assert isinstance(ChurnModel.load(text.parent).scorer, LinearScorer)
    features = _read_features(project, ChurnModel.load(text.parent)).loc[scores.index]
    features.to_parquet(tmp_path / "features.parquet")
    files = [str(tmp_path / name) for name in ("features.parquet", "scores.parquet")]
    (code,) = {folder.parent for folder in text.parents[2].rglob("code/telco_churn")}
    _run("-c", PREDICT, str(text.parent), *files, str(code))
    packaged = pd.read_parquet(tmp_path / "scores.parquet")
    assert packaged["churn_probability"].equals(scores["churn_probability"])
    explained = scores["reason_1"].notna()
    assert explained.any()
    assert packaged.loc[explained, "reason_1"].equals(scores.loc[explained, "reason_1"])


def _read_features(project: ProjectCopy, model: ChurnModel) -> pd.DataFrame:
    parts = (project.data / "04_feature" / "customer_features").rglob("*.parquet")
    features = pd.concat(pd.read_parquet(part) for part in parts).set_index("customer_id")
    return model.encoding.as_model_input(features[model.encoding.columns])


def _run(*command: str) -> None:
    known = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env=known, check=False
    )
    assert done.returncode == 0, done.stderr
