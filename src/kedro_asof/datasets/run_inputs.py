"""Read-only datasets: the time and the user as inputs of a run, so that nodes stay pure."""

import getpass
import os
from datetime import UTC, datetime
from typing import Any, TypeVar

from kedro.io import AbstractDataset, DatasetError

T = TypeVar("T")


class ReadOnlyDataset(AbstractDataset[None, T]):
    """The base of datasets that no node may save."""

    def save(self, data: None) -> None:  # noqa: ARG002  (Kedro's own signature)
        """Refuse to save.

        Raises:
            DatasetError: Always.
        """
        raise DatasetError(f"{type(self).__name__} is read-only: no node may save it.")


class Clock(ReadOnlyDataset[datetime]):
    """Loads the current time, in UTC."""

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        """Take metadata for plugins."""
        self.metadata = metadata

    def load(self) -> datetime:
        """Return the time now."""
        return datetime.now(UTC)

    def _describe(self) -> dict[str, Any]:
        return {}


class UserName(ReadOnlyDataset[str]):
    """Loads the name of the user that the process runs as."""

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        """Take metadata for plugins."""
        self.metadata = metadata

    def load(self) -> str:
        """Return the login name; where a container has none, the number of the user."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # KeyError until Python 3.12
            return f"user {os.getuid()}"

    def _describe(self) -> dict[str, Any]:
        return {}
