"""Open the project of a command, and print results as a table."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from kedro.framework.session import KedroSession
from kedro.utils import find_kedro_project
from rich.console import Console
from rich.table import Table

WIDTH_OF_FILES = 160  # characters, when the output is not a terminal


@contextmanager
def open_session(
    env: str | None, parameters: dict[str, Any] | None = None
) -> Iterator[KedroSession]:
    """Open a session of the project that contains the working directory."""
    project = find_kedro_project(Path.cwd()) or Path.cwd()
    with KedroSession.create(project_path=project, env=env, runtime_params=parameters) as session:
        yield cast(KedroSession, session)


def show_table(columns: list[str], rows: list[list[str]]) -> None:
    """Print a table in the width of the terminal."""
    table = Table(*columns)
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES).print(table)
