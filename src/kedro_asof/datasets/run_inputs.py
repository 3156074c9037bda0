"""The time and the user as inputs of a run, so that nodes stay pure."""

import getpass
import os
from datetime import UTC, datetime
from typing import Any

from kedro.io import AbstractDataset, DatasetError


class Clock(AbstractDataset[None, datetime]):
    """Loads the current time, in UTC."""

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        """Take no more than metadata for plugins."""
        self.metadata = metadata

    def load(self) -> datetime:
        """Return the time now."""
        return datetime.now(UTC)

    def save(self, data: None) -> None:  # noqa: ARG002  (Kedro's own signature)
        """Refuse: nobody sets the clock."""
        raise DatasetError("The clock can only be read.")

    def _describe(self) -> dict[str, Any]:
        return {}


class UserName(AbstractDataset[None, str]):
    """Loads the name of the user whom the process runs as."""

    def __init__(self, *, metadata: dict[str, Any] | None = None) -> None:
        """Take no more than metadata for plugins."""
        self.metadata = metadata

    def load(self) -> str:
        """Return the login name; where a container has none for its user, the user's number."""
        try:
            return getpass.getuser()
        except (KeyError, OSError):  # KeyError until Python 3.12
            return f"user {os.getuid()}"

    def save(self, data: None) -> None:  # noqa: ARG002  (Kedro's own signature)
        """Refuse: a run does not say who started it."""
        raise DatasetError("The user name can only be read.")

    def _describe(self) -> dict[str, Any]:
        return {}
