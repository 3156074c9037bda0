"""Which version became champion when, by whom and why: a log that nothing is ever taken out of."""

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
    """JSON lines; a save appends its rows, a load gives all of them, oldest first.

    All rows of a save go to the disk in one write behind what is there, so that runs at the same
    time do not mix. A line that a power cut tore is kept, passed over and warned of.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Point to a file, which the first entry makes."""
        self._filepath = Path(filepath)
        self.metadata = metadata

    def save(self, data: pd.DataFrame) -> None:
        """Append entries; none leave the file as it is."""
        if data.empty:
            return
        entries = data.assign(at=data["at"].map(pd.Timestamp.isoformat)).astype(object)
        rows = entries.where(entries.notna(), None).to_dict("records")
        lines = [json.dumps(row, ensure_ascii=False) for row in rows]
        self._append("\n".join([*lines, ""]).encode())

    def load(self) -> pd.DataFrame:
        """Return all entries, columns as `contracts.PromotionLog`; no file is no entry."""
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
                f"Of an entry of {len(text)} bytes {written} could be written to {self._filepath}. "
                "Make room on the disk; the champion was not changed."
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
        log.warning("%s: line %s is torn and passed over.", self._filepath, number)
        return None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _is_torn(place: int) -> bool:
    """Whether the last line was never ended."""
    size = os.fstat(place).st_size
    return size > 0 and os.pread(place, 1, size - 1) != b"\n"


def _sync_folder(folder: Path) -> None:
    """See to it that a new file is found after a power cut."""
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
