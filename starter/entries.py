"""The entries of `starter/capabilities.yml`: a user may refuse each, with what belongs to it."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

FILE = Path(__file__).parent / "capabilities.yml"
Question = Literal["capabilities", "sample_operator", "trackers", "ci", "never"]


class Entry(BaseModel):
    """One thing that a user may refuse.

    Attributes:
        asked: The question whose answer decides; `never` leaves the entry out of every project.
        description: A line about the entry, for the question.
        needs: Other entries, without which this one cannot be had.
        paths: Files and folders, as glob patterns of the repository.
        lines: Texts by file; each block of lines whose first line contains one is left out.
        replace: Replaced texts by file, where leaving out lines is not enough.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    asked: Question
    description: str
    needs: list[str] = []
    paths: list[str] = []
    lines: dict[str, list[str]] = {}
    replace: dict[str, dict[str, str]] = {}


def read_entries() -> dict[str, Entry]:
    """Return the entries by name."""
    return {name: Entry(**entry) for name, entry in yaml.safe_load(FILE.read_text()).items()}
