"""Open a Delta table after checking that the commits in its log are complete.

A full disk or a power cut can leave a commit without its content. deltalake treats an empty commit
as one that changed nothing, and the date of that commit then looks as if it was never written.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from kedro_asof.errors import BrokenLogError, take_first_line

LOG = "_delta_log"


def is_table(folder: Path) -> bool:
    """Return whether a folder is a Delta table.

    Raises:
        BrokenLogError: When the log is empty although the folder has rows of two dates, which a new
            log would hide. A run that is killed at the first commit leaves the rows of one date.
    """
    if DeltaTable.is_deltatable(str(folder)):
        return True
    dates = {file.parent for file in folder.glob("*=*/*.parquet")}
    if (folder / LOG).is_dir() and len(dates) > 1:
        raise BrokenLogError(
            f"Empty log {folder / LOG}, although {folder} has rows of {len(dates)} dates. Restore "
            "the log from a backup. If no backup exists, move the folder away, and run the "
            "pipeline again for each date."
        )
    return False


@contextmanager
def replace_advice(advice: str) -> Iterator[None]:
    """Replace the advice of an error about the log of a dated table by what helps for another.

    Raises:
        BrokenLogError: With the new advice.
    """
    try:
        yield
    except BrokenLogError as error:
        reason = str(error).partition(" Restore ")[0].rstrip(".")
        raise BrokenLogError(f"{reason}. {advice}") from error


def open_table(folder: Path, version: int | None = None) -> DeltaTable:
    """Open an existing table.

    Args:
        folder: The folder of the table.
        version: The version to open; None for the newest.

    Raises:
        BrokenLogError: When a commit is empty, cut off or not JSON; names its file.
    """
    commits = sorted((folder / LOG).glob("[0-9]*.json"))
    for commit in commits:
        if commit.stat().st_size == 0:
            raise BrokenLogError(_explain(folder, commit, "is empty"))
    numbers = [int(commit.stem) for commit in commits]
    first = numbers[0] if numbers else 0
    has_start = first == 0 or any((folder / LOG).glob("*.checkpoint*.parquet"))
    gap = next((n for n, m in zip(numbers[1:], numbers, strict=False) if n != m + 1), None)
    if not has_start or gap is not None:
        raise BrokenLogError(
            f"Missing commits before version {gap or first} in {folder / LOG}, and the rows of "
            "these commits cannot be found. Restore them from a backup."
        )
    # A failing disk damages the last commit; reading all of them would cost more with every date.
    if commits and (fault := _find_fault(commits[-1])):
        raise BrokenLogError(_explain(folder, commits[-1], fault))
    try:
        return DeltaTable(folder, version=version)
    except DeltaError as error:
        reason = take_first_line(error)
        raise BrokenLogError(
            f"Cannot read {folder / LOG}: {reason} Restore it from a backup."
        ) from error


def _find_fault(commit: Path) -> str | None:
    """Describe the fault of a commit; None for a complete commit."""
    try:
        lines = commit.read_text(encoding="utf-8").splitlines()
        actions: list[dict[str, Any]] = [json.loads(line) for line in lines]
    except ValueError:
        return "is cut off or not JSON"
    infos = [action["commitInfo"] for action in actions if "commitInfo" in action]
    # Every commit of a dated table names its date and adds files.
    is_ours = not infos or "as_of" in infos[0]
    if is_ours and not any({"add", "remove"} & {*action} for action in actions):
        return "is cut off: it adds no file"
    return None


def _explain(folder: Path, commit: Path, fault: str) -> str:
    version = int(commit.stem)
    move = f"move this file and all later commits out of {folder / LOG}"
    left = f"the table is then back at version {version - 1}"
    if version == 0:
        move, left = f"move {folder} away", "the next run creates the table"
    return (
        f"Broken commit: {commit} {fault}, and its rows cannot be found. Restore the file from a "
        f"backup. If no backup exists, {move}: {left}. Then run the pipeline again for the lost "
        "dates: `kedro run --pipelines NAME --params as_of=YYYY-MM-DD`."
    )


OPERATION = "operationParameters"


def read_commits(table: DeltaTable) -> list[dict[str, Any]]:
    """List the commits, oldest first.

    Returns:
        The custom metadata of each commit, all text, with `table_version`, `committed_at` (UTC,
        ISO 8601) and `operation`.
    """
    return [_read(commit) for commit in reversed(table.history())]


def _read(commit: dict[str, Any]) -> dict[str, Any]:
    at = datetime.fromtimestamp(commit["timestamp"] / 1000, UTC)
    said = {name: value for name, value in commit.items() if isinstance(value, str)}
    return said | {
        "table_version": int(commit["version"]),
        "committed_at": at.isoformat(timespec="seconds"),
    }
