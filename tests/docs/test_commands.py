"""The commands of the pages are those that the project has, and they run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from kedro.framework.cli.cli import KedroCLI

from tests.conftest import PROJECT, ProjectCopy
from tests.docs.pages import LIBRARY_PAGES, PAGES, list_blocks, list_code_spans, name_page

RUN_PAGES = [page for page in PAGES if any(block.is_run for block in list_blocks(page))]


@pytest.fixture(scope="module")
def kedro() -> KedroCLI:
    return KedroCLI(PROJECT)


@pytest.mark.parametrize("page", PAGES + LIBRARY_PAGES, ids=name_page)
def test_every_command_and_option_exists(page: Path, kedro: KedroCLI) -> None:
    lines = [line for block in list_blocks(page) for line in block.list_commands()]
    lines += [span for span in list_code_spans(page) if span.startswith(("kedro ", "make "))]
    for line in lines:
        words = shlex.split(line, comments=True)
        if "kedro" in words[:1]:
            assert not find_unknown_option(kedro, words[1:]), line
        elif "make" in words[:1]:
            targets = [word for word in words[1:] if "=" not in word]
            assert set(targets) <= list_recipes(), line


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN_PAGES, ids=name_page)
def test_the_commands_of_a_page_run(page: Path, project: ProjectCopy) -> None:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy2(PROJECT / name, project.path)
    (project.path / ".venv").symlink_to(sys.prefix)
    environment = os.environ | {
        "KEDRO_ENV": "test",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    for block in list_blocks(page):
        if block.is_run:
            done = subprocess.run(
                ["bash", "-e", "-c", block.code],
                cwd=project.path,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            shown = f"{block.code}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            assert done.returncode == block.exit_code, shown


def list_recipes() -> set[str]:
    """List the recipes of the Makefile."""
    return set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.M))


def find_unknown_option(kedro: KedroCLI, words: list[str]) -> str | None:
    """Return the first word that is neither a command nor an option of one; None if all exist."""
    group: click.Command = kedro
    while isinstance(group, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = group.get_command(click.Context(group), name)
        if found is None:
            return name
        group = found
    options = {name for parameter in group.params for name in (*parameter.opts, "--help")}
    given = [word.partition("=")[0] for word in words if word.startswith("-")]
    return next((word for word in given if word not in options), None)
