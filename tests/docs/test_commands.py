"""The commands of the pages are those that the project has, and they run."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from kedro.framework.cli.cli import KedroCLI
from kedro.framework.startup import bootstrap_project

from telco_churn.cli import cli
from tests.conftest import PROJECT, ProjectCopy
from tests.docs.pages import LIBRARY_PAGES, PAGES, Block, list_blocks, list_code_spans, name_page


def list_pages_to_run() -> Iterator[Path]:
    """Yield the pages with a command that no page before them runs."""
    seen: set[str] = set()
    for page in PAGES:
        blocks = [block for block in list_blocks(page) if block.is_run]
        commands = {line for block in blocks for line in block.list_commands()}
        if commands - seen:
            yield page
        seen |= commands


RUN_PAGES = list(list_pages_to_run())


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
def test_the_commands_of_a_page_run(
    page: Path, project: ProjectCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEDRO_ENV", "test")
    bootstrap_project(project.path)
    for block in list_blocks(page):
        if block.is_run and all(line.startswith("kedro ") for line in block.list_commands()):
            for line in block.list_commands():
                done = CliRunner().invoke(cli, shlex.split(line, comments=True)[1:])
                assert done.exit_code == block.exit_code, f"{line}\n{done.output}"
        elif block.is_run:
            _run_in_shell(block)


def _run_in_shell(block: Block) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", block.code],
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == block.exit_code, f"{block.code}\n{done.stdout}\n{done.stderr}"


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
