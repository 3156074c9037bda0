"""With only MLflow and the model's requirements installed, scores have the same bits."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from telco_churn.learning.fit_model import fit_churn_model
from telco_churn.learning.lightgbm_learner import LightGBMLearner
from telco_churn.registry.model_package import describe_package
from telco_churn.registry.registry_types import ModelPackage, Promotion
from tests.conftest import PROJECT
from tests.model.examples import DECISION, SETTINGS, make_rows
from tests.processes import find_free_port

UV = PROJECT / ".venv" / "bin" / "uv"
START_SECONDS = 120
PREDICT = """
import importlib.util, sys
import mlflow.pyfunc, pandas as pd
assert importlib.util.find_spec("telco_churn") is None, "the project is installed here"
assert importlib.util.find_spec("kedro") is None
model = mlflow.pyfunc.load_model(sys.argv[1])
model.predict(pd.read_parquet(sys.argv[2])).to_parquet(sys.argv[3])
"""


@pytest.fixture(scope="module")
def package() -> ModelPackage:
    templates = {"plan": {"text": "on the plan {value}"}}
    model = fit_churn_model(
        make_rows(1), make_rows(2), LightGBMLearner(SETTINGS, 60), DECISION, templates
    ).model
    return ModelPackage(
        model=model,
        example=model.encoding.as_model_input(make_rows(3, 5).features),
        metrics={},
        promotion=Promotion("champion", ("There was none.",)),
        facts={},
    )


@pytest.fixture(scope="module")
def saved_model(package: ModelPackage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model as it is registered."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    with describe_package(package) as described:
        mlflow.pyfunc.save_model(folder, **described)
    return folder


@pytest.fixture(scope="module")
def environment(saved_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment without this project."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    _run(str(UV), "venv", "--quiet", "--python", "3.11", str(folder))
    _run(
        str(UV), "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"),
        f"mlflow=={version('mlflow')}", "-r", str(saved_model / "requirements.txt"),
    )  # fmt: skip
    return folder


@pytest.mark.slow
def test_a_fresh_environment_scores_bit_for_bit(
    environment: Path, saved_model: Path, package: ModelPackage, tmp_path: Path
) -> None:
    features = make_rows(4, 2000).features.assign(customer_id="C1")
    features.to_parquet(tmp_path / "features.parquet")
    files = [str(tmp_path / name) for name in ("features.parquet", "scores.parquet")]
    _run(str(environment / "bin" / "python"), "-c", PREDICT, str(saved_model), *files)
    scores = pd.read_parquet(tmp_path / "scores.parquet")
    expected = package.model.score(features.drop(columns="customer_id"))
    pd.testing.assert_frame_equal(scores, expected, check_exact=True)


@pytest.mark.slow
def test_a_model_server_answers_bit_for_bit(
    environment: Path, saved_model: Path, package: ModelPackage, tmp_path: Path
) -> None:
    features = make_rows(5, 20).features
    port = find_free_port()
    command = [
        str(environment / "bin" / "mlflow"), "models", "serve", "--env-manager", "local",
        "--model-uri", str(saved_model), "--port", str(port), "--workers", "1",
    ]  # fmt: skip
    with (tmp_path / "serve.log").open("w") as log:
        # MLflow looks for its web server on the path.
        path = f"{environment / 'bin'}:{os.environ['PATH']}"
        served_from = _outside() | {"PATH": path}
        server = subprocess.Popen(command, stdout=log, stderr=log, env=served_from)
        try:
            answer = _ask(port, features)
        finally:
            server.terminate()
            server.wait()
    expected = package.model.score(features)
    served = pd.DataFrame(answer["predictions"])[expected.columns].astype(expected.dtypes)
    pd.testing.assert_frame_equal(served, expected, check_exact=True)


def _ask(port: int, features: pd.DataFrame) -> dict[str, list[dict[str, object]]]:
    split = json.loads(features.to_json(orient="split", double_precision=15))
    exact = [
        [None if pd.isna(value) else value for value in row] for row in features.to_numpy(object)
    ]
    body = json.dumps({"dataframe_split": split | {"data": exact}}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"}
    )
    ends = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(1)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=_outside(), check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def _outside() -> dict[str, str]:
    """Return the environment variables without those that refer to this environment."""
    inside = {"PYTHONPATH", "VIRTUAL_ENV", "MLFLOW_TRACKING_URI"}
    path = {"MPLBACKEND": "agg", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return {name: value for name, value in os.environ.items() if name not in inside} | path
