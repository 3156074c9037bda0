"""A run imports what it needs, and waits without taking cores from others."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ProjectCopy

# BigQuery, figures, tuning, the model card, W&B's server: nothing that a date of scores uses.
UNUSED = (
    "google.cloud",
    "markdown_it",
    "matplotlib",
    "optuna",
    "pandas_gbq.core",
    "sklearn.linear_model",
    "telco_churn.pipelines.training",
    "telco_churn.plots",
    "wandb.apis.public",
    "wandb.sdk.launch",
)


def run_python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    return subprocess.run(
        [sys.executable, *arguments],
        env=inherited | variables,
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.mark.slow
def test_scoring_imports_only_what_it_needs(project: ProjectCopy) -> None:
    project.edit("conf/base/wandb.yml", "mode: disabled", "mode: offline")
    run = ["-m", "kedro", "run", "--env", "test", "--pipelines", "scoring"]
    ended = run_python("-X", "importtime", *run, "--params", "scoring.rescore=true")
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip() for line in lines}
    assert {"lightgbm", "wandb", "telco_churn.pipelines.scoring.nodes"} <= imported
    assert {name for name in imported if f"{name}.".startswith(tuple(f"{u}." for u in UNUSED))} == (
        set()
    )


@pytest.mark.slow
def test_bigquery_is_imported_when_a_dataset_of_it_is_used() -> None:
    pytest.importorskip("pandas_gbq")
    code = (
        "import sys, telco_churn.settings\n"
        "print('google.cloud.bigquery' in sys.modules)\n"
        "from kedro_datasets.pandas import GBQTableDataset\n"
        "print('google.cloud.bigquery' in sys.modules)"
    )
    assert run_python("-c", code).stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("given", "expected"), [({}, "passive"), ({"OMP_WAIT_POLICY": "active"}, "active")]
)
def test_openmp_waits_passively_unless_the_user_decides(
    given: dict[str, str], expected: str
) -> None:
    """OpenMP reads the variable when LightGBM is imported, so it must be set before."""
    code = (
        "import os, sys, telco_churn\n"
        "assert 'lightgbm' not in sys.modules\n"
        "print(os.environ['OMP_WAIT_POLICY'])"
    )
    assert run_python("-c", code, **given).stdout.strip() == expected
