"""The snippets of docs/how-to/use-the-libraries.md work in a bare project of `kedro new`."""

import re
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.conftest import PROJECT
from tests.test_libraries import build, install, run
from tests.wandb_files import WrittenRun

pytestmark = pytest.mark.slow

PAGE = (PROJECT / "docs" / "how-to" / "use-the-libraries.md").read_text()
SECTIONS = dict(part.split("\n", 1) for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:])
SNIPPET = re.compile(r"^```(?:yaml|python)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WANDB, BACKFILL = "Log to W&B in five lines of YAML", "Backfill dates in ten lines"


def make_project(section: str, library: str, folder: Path) -> Path:
    """Make the bare project of the page, with the snippets of a section."""
    further = re.findall(r'^pip install dist/\S+ "(.+)"$', PAGE, re.MULTILINE)
    install(folder, str(build(library, folder)), *further)
    (made,) = re.findall(r"^kedro new .*$", PAGE, re.MULTILINE)
    run(folder, "venv/bin/kedro", *made.split()[1:])
    for name, text in SNIPPET.findall(SECTIONS[section]):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as end:
            end.write(text)
    return folder / "bare"


def run_kedro(project: Path, command: str) -> str:
    """Run a command of the page."""
    assert command in PAGE
    return run(project, project.parent / "venv/bin/kedro", *command.split()[1:]).stdout


def count_lines(section: str, *files: str) -> int:
    """Count the lines with text in a section's last snippets of some files."""
    found = dict(SNIPPET.findall(SECTIONS[section]))
    return sum(bool(line) for file in files for line in found[file].splitlines())


def test_five_lines_of_yaml_log_to_wandb(tmp_path: Path) -> None:
    project = make_project(WANDB, "kedro_wandb", tmp_path)
    run_kedro(project, "kedro run")
    (folder,) = project.glob("wandb/offline-run-*")
    assert WrittenRun(folder).summary["accuracy"] == 0.9
    assert count_lines(WANDB, "bare/conf/base/wandb.yml", "bare/conf/base/catalog.yml") == 5


def test_ten_lines_backfill_dates(tmp_path: Path) -> None:
    project = make_project(BACKFILL, "kedro_asof", tmp_path)
    command = "kedro backfill --from 2026-09-07 --to 2026-09-28 --every 7d"
    shown = run_kedro(project, command)
    assert shown.count("done") >= 4
    run_kedro(project, command)  # replaces each date
    rows = DeltaTable(project / "data" / "order_sums").to_pyarrow_table().to_pylist()
    assert {str(row["as_of"]): row["amount"] for row in rows} == {
        "2026-09-07": 10,
        "2026-09-14": 15,
        "2026-09-21": 22,
        "2026-09-28": 22,
    }
    assert len(rows) == 4
    assert count_lines(BACKFILL, "bare/conf/base/catalog.yml", "bare/src/bare/cli.py") == 10
