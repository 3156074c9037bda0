"""Read-only datasets for the time, the user and the git commit, so that nodes stay pure."""

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from kedro.io import AbstractDataset, DatasetError

from kedro_asof.git_commit import Commit, find_commit

T = TypeVar("T")


class ReadOnlyDataset(AbstractDataset[None, T]):
    """Base class of datasets that nodes can only load."""

    def save(self, data: None) -> None:  # noqa: ARG002  (Kedro's own signature)
        """Raise an error, because the dataset is read-only.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"{type(self).__name__} is read-only. Remove it from the node outputs.")


class Clock(ReadOnlyDataset[datetime]):
    """Loads the current time, in UTC."""

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        """Store the options of other plugins."""
        self.metadata = metadata

    def load(self) -> datetime:
        """Return the current time."""
        return datetime.now(UTC)

    def _describe(self) -> dict[str, Any]:
        return {}


class UserName(ReadOnlyDataset[str]):
    """Loads the name of the user who runs the process."""

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        """Store the options of other plugins."""
        self.metadata = metadata

    def load(self) -> str:
        """Return the login name, or `user` and the user id in a container without login names."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # KeyError until Python 3.12
            return f"user {os.getuid()}"

    def _describe(self) -> dict[str, Any]:
        return {}


class GitCommit(ReadOnlyDataset[Commit | None]):
    """Loads the git commit of a project, None if there is none."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a project.

        Args:
            filepath: The folder of the project. Kedro makes an argument of this name absolute.
            metadata: Options of other plugins.
        """
        self._project = Path(filepath)
        self.metadata = metadata

    def load(self) -> Commit | None:
        """Return the commit and whether the tracked files are unchanged."""
        return find_commit(self._project)

    def _describe(self) -> dict[str, Any]:
        return {"project": str(self._project)}
