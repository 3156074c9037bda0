"""data/README.md lists the folders and files that runs write, and no others."""

import re
from fnmatch import fnmatchcase
from pathlib import Path

from tests.conftest import PROJECT, ProjectCopy

LISTED = re.compile(r"^\| `(?P<folder>0\d_\w+)`[^|]*\|[^|]*\|(?P<files>[^|]*)\|$", re.M)
CONFIGURED = re.compile(r"filepath: \$\{globals:data\}/(0\d_\w+)/(\w+(?:\{table\})?|\{table\}\w+)")


def read_page() -> dict[str, set[str]]:
    """Return the names that the page lists, by folder."""
    page = (PROJECT / "data" / "README.md").read_text()
    found: dict[str, set[str]] = {}
    for row in LISTED.finditer(page):
        found.setdefault(row["folder"], set()).update(re.findall(r"`(\S+)`", row["files"]))
    return found


def read_catalog() -> dict[str, set[str]]:
    """Return the names in the catalogs of conf/base and conf/own_table, by folder."""
    found: dict[str, set[str]] = {}
    for file in (PROJECT / "conf").glob("*/catalog/*.yml"):
        if file.parents[1].name in ("base", "own_table"):
            for folder, name in CONFIGURED.findall(file.read_text()):
                found.setdefault(folder, set()).add(name.replace("{table}", "*"))
    return {folder: _drop_covered(names) for folder, names in found.items()}


def _drop_covered(names: set[str]) -> set[str]:
    """Leave out the names that a pattern such as `checked_*` covers."""
    patterns = {name for name in names if "*" in name}
    return patterns | {
        name for name in names if not any(fnmatchcase(name, each) for each in patterns)
    }


def test_the_page_lists_what_the_catalog_names() -> None:
    assert read_page() == read_catalog()


def test_the_page_lists_what_a_run_left(finished_project: ProjectCopy) -> None:
    listed = read_page()
    folders = [place for place in finished_project.data.iterdir() if place.name[0] != "."]
    assert {folder.name for folder in folders} == set(listed)
    for folder in folders:
        for file in folder.iterdir():
            if not file.name.startswith("."):
                names = listed[folder.name]
                assert any(fnmatchcase(_stem(file), name) for name in names), file


def _stem(file: Path) -> str:
    return file.name.partition(".")[0]
