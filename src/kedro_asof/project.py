"""Find and open the project that a command was typed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from kedro.framework.session import KedroSession
from kedro.utils import find_kedro_project


def find_project() -> Path:
    """Return the project that contains the working directory.

    An installed package runs from a folder that has only `conf/`: then it is that folder.
    """
    return find_kedro_project(Path.cwd()) or Path.cwd()


@contextmanager
def open_session(
    env: str | None, parameters: dict[str, Any] | None = None
) -> Iterator[KedroSession]:
    """Open a session of the project that contains the working directory."""
    project = find_project()
    with KedroSession.create(project_path=project, env=env, runtime_params=parameters) as session:
        yield cast(KedroSession, session)
