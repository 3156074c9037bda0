"""The Python of the page `use-the-model-elsewhere` runs in a process that knows no project."""

import os
import re
import subprocess
import sys

import pytest

from tests.conftest import PROJECT, ProjectCopy

PAGE = PROJECT / "docs" / "how-to" / "use-the-model-elsewhere.md"


@pytest.mark.slow
def test_the_page_scores_the_customers_of_a_project(finished_project: ProjectCopy) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    code = "\n".join(blocks).replace("telco_churn@", "telco_churn_test@")
    code = code.replace('"data/', '"data/test/').replace(
        "sqlite:///mlflow.db", f"sqlite:///{finished_project.path}/mlflow.db"
    )
    shown = "\nprint(len(scores) == len(features), without_reasons.reason_1.isna().all())"
    strict = ("-W", "error::DeprecationWarning:telco_churn")
    done = subprocess.run(
        [sys.executable, *strict, "-c", code + shown],
        cwd=finished_project.path,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split() == ["True", "True"]
    assert done.stderr.count("Ignored columns ['customer_id'") == 1
