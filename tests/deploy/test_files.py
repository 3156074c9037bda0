"""Files of schedulers, checked by the validator of each scheduler and compared with each other."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT

DEPLOY = PROJECT / "deploy"
SCRIPTS = sorted(DEPLOY.rglob("*.sh"))
UNITS = [
    "telco-churn-scoring.service",
    "telco-churn-scoring.timer",
    "telco-churn-failed.service",
]
MONDAY_AT_FIVE = "0 5 * * 1"


def check(tool: str, *arguments: str | Path) -> None:
    command = [str(Path(sys.prefix) / "bin" / tool), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["1.31", "1.37"])
def test_the_kubernetes_files_keep_to_the_schema(version: str) -> None:
    """1.31 is the first version with a stable podFailurePolicy."""
    cronjob = DEPLOY / "kubernetes" / "cronjob.yaml"
    check("kubernetes-validate", "--strict", "--kubernetes-version", version, cronjob)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_clean(script: Path) -> None:
    check("shellcheck", script)


def test_the_dockerfile_is_clean() -> None:
    check("hadolint", PROJECT / "Dockerfile")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        text = (DEPLOY / "systemd" / unit).read_text()
        # systemd-analyze checks that the executable and the user exist.
        here = text.replace("/opt/telco-churn", str(PROJECT))
        here = here.replace("=telco-churn\n", "=root\n")
        (tmp_path / unit).write_text(here)
    command = ["systemd-analyze", "verify", *(str(tmp_path / unit) for unit in UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_all_schedulers_mean_the_same_morning() -> None:
    """All use cron's notation except systemd."""
    for path in (
        "airflow/dags/telco_churn_scoring.py",
        "cron/telco-churn.crontab",
        "gitlab/.gitlab-ci.yml",
        "kubernetes/cronjob.yaml",
        "../.github/workflows/scoring.yml",
    ):
        assert MONDAY_AT_FIVE in (DEPLOY / path).read_text(), path
    timer = (DEPLOY / "systemd" / "telco-churn-scoring.timer").read_text()
    assert "OnCalendar=Mon *-*-* 05:00:00\n" in timer


def test_what_a_run_and_the_image_install_was_tested_here() -> None:
    tested = read_versions(PROJECT / "requirements-dev.lock")
    installed = read_versions(PROJECT / "requirements.lock")
    assert {name: tested.get(name) for name in installed} == installed
    assert not {"pytest", "ruff", "mypy", "polars", "pyspark", "shap", "uv"} & installed.keys()
    assert not [name for name in installed if name.startswith("google-cloud")]


def read_versions(lock: Path) -> dict[str, str]:
    """Return the rest of each line by package name: a version, or one for some machines only."""
    found = re.findall(r"^([a-z0-9._-]+)==(\S+)", lock.read_text(), re.MULTILINE)
    return dict(found)
