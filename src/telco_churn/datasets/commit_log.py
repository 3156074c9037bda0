"""Reads what the commits of a Delta table say of themselves."""

from datetime import UTC, datetime
from typing import Any

from deltalake import DeltaTable

OPERATION = "operationParameters"


def read_commits(table: DeltaTable) -> list[dict[str, Any]]:
    """List the commits, oldest first.

    Returns:
        Of each commit its custom metadata, all text, with `table_version`, `committed_at` (UTC, ISO
        8601) and `operation`.
    """
    return [_read(commit) for commit in reversed(table.history())]


def _read(commit: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)
    said = {name: value for name, value in commit.items() if isinstance(value, str)}
    return said | {
        "table_version": int(commit["version"]),
        "committed_at": at.isoformat(timespec="seconds"),
    }
