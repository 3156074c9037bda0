"""The options of `make own-table` have the names of parameters; old names are rejected."""

import shlex
import subprocess

import pytest
from kedro.framework.cli.utils import _split_params

from telco_churn.parameters.evaluation import EvaluationParams
from telco_churn.parameters.own_table import OwnTableParams
from tests.conftest import PROJECT, read_parameters


def show_recipe(*options: str) -> subprocess.CompletedProcess[str]:
    """Return the commands that `make own-table` would run."""
    call = ["make", "--dry-run", "own-table", *options]
    return subprocess.run(call, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_each_option_arrives_as_the_parameter_of_its_name() -> None:
    texts = {"table": 'it\'s, a "file".csv', "target": "left, or not", "positive": "1"}
    options = {**texts, "id": "no", "time": "month", "drop": "a b,c", "slices": "plan"}
    made = show_recipe("as_of=2026-01-01", "env=bank", *(f"{k}={v}" for k, v in options.items()))
    (line,) = [line for line in made.stdout.splitlines() if "kedro run" in line]
    words = shlex.split(line)
    assert words[words.index("--env") + 1] == "bank"
    given = _split_params(None, None, words[words.index("--params") + 1])
    own = OwnTableParams(**given["own_table"])
    assert own.model_dump(include=set(options)) == {
        **texts,
        "id": "no",
        "time": "month",
        "drop": ("a b", "c"),
    }
    evaluation = EvaluationParams(**read_parameters("evaluation") | given["evaluation"])
    assert list(evaluation.slices) == ["plan"]
    assert given["as_of"] == "2026-01-01"


@pytest.mark.parametrize(
    "name", ["TABLE", "TARGET", "POSITIVE", "ID", "DROP", "TIME", "SLICES", "AS_OF", "ENV"]
)
def test_an_option_in_upper_case_is_refused_with_its_name(name: str) -> None:
    made = show_recipe("table=file.csv", f"{name}=value")
    assert made.returncode != 0
    assert f"Unknown option {name}=: write {name.lower()}=" in made.stderr
