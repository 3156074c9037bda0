"""A release: one version everywhere, its notes, and files that run without the project."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy.ci.release import VERSIONS, find_versions, read_notes
from tests.conftest import PROJECT
from tests.end_to_end.faults import DATE
from tests.kedro_asof.fixtures import git

BIN = Path(sys.prefix) / "bin"
VERSION = find_versions(PROJECT)["pyproject.toml"]


def check_release(project: Path, *tag: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(project / "deploy/ci/release.py"), *tag]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_all_files_name_one_version_and_its_notes_are_those_of_the_changelog() -> None:
    done = check_release(PROJECT, f"v{VERSION}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == read_notes(PROJECT)
    assert "### Upgrading" in done.stdout
    assert "## [" not in done.stdout


def test_the_citation_has_the_day_of_the_changelog() -> None:
    [day] = [
        line.split()[-1]
        for line in (PROJECT / "CHANGELOG.md").read_text().splitlines()
        if line.startswith(f"## [{VERSION}] - ")
    ]
    assert f"date-released: {day}\n" in (PROJECT / "CITATION.cff").read_text()


@pytest.mark.parametrize("stale", [*VERSIONS, "the tag"])
def test_a_stale_version_is_named_with_its_file(stale: str, tmp_path: Path) -> None:
    for name in [*VERSIONS, "deploy/ci/release.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    assert check_release(tmp_path, f"v{VERSION}").returncode == 0
    if stale != "the tag":
        path = tmp_path / stale
        path.write_text(path.read_text().replace(VERSION, "9.9.9", 1))
    done = check_release(tmp_path, "v9.9.9" if stale == "the tag" else f"v{VERSION}")
    assert (done.returncode, done.stdout) == (65, "")
    assert f"9.9.9 in {stale}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a release from the tracked files, by the recipe that the workflow calls."""
    project = tmp_path_factory.mktemp("release") / "project"
    project.mkdir()
    for name in git(PROJECT, "ls-files").splitlines():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / name, project / name)
    (project / ".venv").symlink_to(sys.prefix)
    (project / "conf/local/credentials.yml").write_text("password: secret")
    subprocess.run(
        ["make", "--assume-old", ".venv/installed-dev", "--assume-old", ".venv/bin/uv", "release"],
        cwd=project,
        env=os.environ | {"TAG": f"v{VERSION}", "PYTHONPATH": str(project / "src")},
        check=True,
        timeout=300,
    )
    return project / "dist"


@pytest.mark.slow
def test_a_release_has_its_files_and_no_secret(dist: Path) -> None:
    wheel = f"telco_churn-{VERSION}-py3-none-any.whl"
    conf = "conf-telco_churn.tar.gz"
    assert {path.name for path in dist.iterdir()} == {
        wheel, conf, "notes.md", "requirements.txt", "sbom.cdx.json",
    }  # fmt: skip
    listed = subprocess.run(["tar", "tzf", dist / conf], capture_output=True, text=True, check=True)
    assert "conf/base/globals.yml" in listed.stdout
    assert "conf/local/credentials.yml" not in listed.stdout
    names = zipfile.ZipFile(dist / wheel).namelist()
    assert {name.split("/")[0] for name in names} == {
        "kedro_asof",
        "kedro_wandb",
        "telco_churn",
        f"telco_churn-{VERSION}.dist-info",
    }


@pytest.mark.slow
def test_the_bill_of_materials_lists_each_package_with_its_hashes(dist: Path) -> None:
    bill = json.loads((dist / "sbom.cdx.json").read_text())
    root = bill["metadata"]["component"]
    assert (root["name"], root["version"]) == ("telco-churn", VERSION)
    lock = (dist / "requirements.txt").read_text().splitlines()
    pinned = {line.split("==")[0] for line in lock if "==" in line and line[0].isalnum()}
    assert {each["name"] for each in bill["components"]} == pinned
    for component in bill["components"]:
        assert component["externalReferences"][0]["hashes"], component["name"]


@pytest.mark.slow
def test_the_wheel_runs_outside_the_project_with_conf_beside_it(dist: Path, tmp_path: Path) -> None:
    uv, python = str(BIN / "uv"), tmp_path / "venv/bin/python"
    subprocess.run([uv, "venv", "--quiet", "--python", "3.11", tmp_path / "venv"], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", python]
    subprocess.run(
        [*install, "--require-hashes", "-r", dist / "requirements.txt"], check=True, timeout=600
    )
    [wheel] = dist.glob("*.whl")
    subprocess.run([*install, "--no-deps", wheel], check=True, timeout=100)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    assert "No configuration found" in run(folder, 2, python, "-m", "telco_churn")
    conf = dist / "conf-telco_churn.tar.gz"
    subprocess.run(["tar", "xzf", conf], cwd=folder, check=True)
    output = run(folder, 0, python, "-m", "telco_churn", "--env", "test")
    assert "customers scored as of 2026-09-28" in output
    script = python.with_name("telco-churn")
    output = run(folder, 0, script, "--env", "test", "--pipelines", "scoring", *DATE.split())
    assert "customers scored as of 2026-09-21" in output


def run(folder: Path, code: int, *command: Path | str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "KEDRO_DISABLE_TELEMETRY": "true"},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr
