"""What time it is, as an input of a run: nodes stay pure."""

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
