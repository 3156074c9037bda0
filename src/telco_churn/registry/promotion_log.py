"""An append-only log of promotions: the version, the time, the user and the reason."""

import json
import logging
import os
from pathlib import Path
from typing import Any

import pandas as pd
from kedro.io import AbstractDataset, DatasetError

from telco_churn.contracts.release import PromotionLog as Entries

log = logging.getLogger(__name__)


class PromotionLog(AbstractDataset[pd.DataFrame, pd.DataFrame]):
    """A file of JSON lines: a save appends its rows, a load returns all rows, oldest first.

    A save appends all its rows in one write, so that runs at the same time do not mix their rows. A
    load skips a line that a power cut broke and logs a warning; the line stays in the file.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a file; the first entry creates it."""
        self._filepath = Path(filepath)
        self.metadata = metadata

    def save(self, data: pd.DataFrame) -> None:
        """Append entries; an empty frame leaves the file unchanged.

        Raises:
            DatasetError: When the disk has no space for the whole entry.
        """
        if data.empty:
            return
        entries = data.assign(at=data["at"].map(pd.Timestamp.isoformat)).astype(object)
        rows = entries.where(entries.notna(), None).to_dict("records")
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        self._append("\n".join([*lines, ""]).encode())

    def load(self) -> pd.DataFrame:
        """Return all entries with the columns of `contracts.PromotionLog`; empty without a file."""
        lines = self._filepath.read_bytes().splitlines() if self._filepath.exists() else []
        read = [self._read(line, number) for number, line in enumerate(lines, start=1)]
        return Entries.frame(entry for entry in read if entry is not None)

    def _append(self, text: bytes) -> None:
        folder = self._filepath.parent
        folder.mkdir(parents=True, exist_ok=True)
        is_new = not self._filepath.exists()
        place = os.open(self._filepath, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            text = b"\n" + text if _is_torn(place) else text
            written = os.write(place, text)
            os.fsync(place)
        finally:
            os.close(place)
        if written != len(text):
            raise DatasetError(
                f"Cannot write to {self._filepath}: wrote {written} of {len(text)} bytes. The "
                "champion was not changed. Free space on the disk."
            )
        if is_new:
            _sync_folder(folder)

    def _read(self, line: bytes, number: int) -> dict[str, Any] | None:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if isinstance(entry, dict) and set(Entries.to_schema().columns) <= set(entry):
            return entry
        log.warning("Skipped line %s of %s: it is incomplete.", number, self._filepath)
        return None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _is_torn(place: int) -> bool:
    """Return whether the last line has no line end."""
    size = os.fstat(place).st_size
    return size > 0 and os.pread(place, 1, size - 1) != b"\n"


def _sync_folder(folder: Path) -> None:
    """Write the folder entry of a new file to the disk, so that it survives a power cut."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
