"""The deliveries of a monthly table, as its log records them.

In: the commits of the table. Out: the files it was made of, and what each commit changed. Rows and
their record are one commit, so that neither exists without the other.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from kedro_asof.errors import InvalidDataError

RECORD = "ingestion"  # the key of our record in the metadata of a commit
KEEP_ROWS = ("OPTIMIZE", "VACUUM START", "VACUUM END")  # Delta's own commits
FORMAT = 1  # raise it when an older version of the project cannot read the record


def read_record(text: str, newest: int, folder: Path, advice: str) -> dict[str, Any]:
    """Read a record of ours from the metadata of a commit.

    Args:
        text: The record as JSON.
        newest: The newest format that this version of the project reads.
        folder: The folder of the table, for messages.
        advice: The end of the error.

    Raises:
        InvalidDataError: When a newer version of the project wrote it.
    """
    content: dict[str, Any] = json.loads(text)
    if content["format"] > newest:
        raise InvalidDataError(
            f"{folder} was written by a newer version of the project: found format "
            f"{content['format']}, expected at most {newest}. {advice}"
        )
    return content


@dataclass(frozen=True)
class Delivery:
    """A file that was ingested.

    Attributes:
        file: The name of the file, below the folder of the table.
        size: Bytes.
        modified_ns: The time of its last change when it was read, in ns since 1970.
        digest: The SHA-256 of its content.
        delivered_at: When this content was first seen: the time of its last change (UTC, ISO 8601).
        rows: The number of rows as delivered.
        types: The type of each column of the contract, as delivered.
        ingested_at: When it was committed (UTC, ISO 8601); empty before the commit.
    """

    file: str
    size: int
    modified_ns: int
    digest: str
    delivered_at: str
    rows: int
    types: Mapping[str, str] = field(default_factory=dict)
    ingested_at: str = ""


@dataclass(frozen=True)
class Record:
    """The changes of one commit.

    Attributes:
        new: The files whose rows came.
        leaving: The files whose rows left, each with the reason: `gone`, `replaced`, `withdrawn`.
        withdrawn: The digest by file of all withdrawn files, which are not ingested again.
        is_rebuilt: Whether the table was made anew; earlier commits then no longer count.
        rules: A digest of everything by which rows were judged.
        customers: A digest of the ids of the trusted customers.
        checked_version: The version of the table of checked rows that belongs to this commit.
        kept: The change of the number of kept rows, by file.
        days: The change of the number of kept rows, by day (ISO 8601); 0 if rows were exchanged.
        format: The version of this record.
    """

    new: tuple[Delivery, ...] = ()
    leaving: Mapping[str, str] = field(default_factory=dict)
    withdrawn: Mapping[str, str] = field(default_factory=dict)
    is_rebuilt: bool = False
    rules: str = ""
    customers: str = ""
    checked_version: int = -1
    kept: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[str, int] = field(default_factory=dict)
    format: int = FORMAT

    def write(self) -> str:
        """Return the record as JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str, folder: Path) -> "Record":
        """Read a record.

        Raises:
            InvalidDataError: When a newer version of the project wrote it.
        """
        content = read_record(text, FORMAT, folder, "Update the project.")
        new = tuple(Delivery(**each) for each in content.pop("new"))
        return cls(new=new, **content)


@dataclass(frozen=True)
class TableLog:
    """The state of a monthly table, summed up over its commits.

    Attributes:
        version: The version of the table; -1 for a table that does not exist.
        deliveries: The files whose rows are in the table, by name.
        last: The record of the last commit.
        kept: The number of kept rows by file.
        days: The number of kept rows by day (ISO 8601).
        digests: When each content was first delivered, by digest, also of files that left.
    """

    version: int = -1
    deliveries: Mapping[str, Delivery] = field(default_factory=dict)
    last: Record = field(default_factory=Record)
    kept: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, commits: Iterable[Mapping[str, Any]], version: int, folder: Path) -> "TableLog":
        """Sum up the commits of a table.

        Args:
            commits: The metadata of each commit, oldest first, with `committed_at`.
            version: The version of the table.
            folder: The folder of the table, for messages.

        Raises:
            InvalidDataError: When a newer version of the project wrote a commit.
        """
        deliveries: dict[str, Delivery] = {}
        kept: Counter[str] = Counter()
        days: Counter[str] = Counter()
        digests: dict[str, str] = {}
        last = Record()
        for commit in commits:
            if RECORD not in commit:
                continue  # Delta's own commit, which put small files together
            last = Record.read(commit[RECORD], folder)
            if last.is_rebuilt:
                deliveries.clear()
                kept.clear()
                days.clear()
            for file in last.leaving:
                deliveries.pop(file, None)
            for each in last.new:
                at = commit["committed_at"]
                deliveries[each.file] = Delivery(**{**asdict(each), "ingested_at": at})
                digests.setdefault(each.digest, each.delivered_at)
            kept.update(last.kept)
            days.update(last.days)
        return cls(
            version,
            deliveries,
            last,
            {file: rows for file, rows in kept.items() if rows},
            {day: rows for day, rows in sorted(days.items()) if rows},
            digests,
        )


@dataclass(frozen=True)
class RowVersions:
    """The versions of an event table that changed its rows.

    Attributes:
        table: The id of the table; empty if there is none.
        version: The version of the table; -1 if there is none.
        days: The last version that changed a day, by day (ISO 8601).
        all_days: The last version of which only this is known: that it changed rows.
        times: When each version was committed (UTC, ISO 8601). A table that was restored from a
            backup has other versions with the same numbers.
    """

    table: str = ""
    version: int = -1
    days: Mapping[str, int] = field(default_factory=dict)
    all_days: int = -1
    times: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, table: str, commits: Iterable[Mapping[str, Any]], folder: Path) -> "RowVersions":
        """Read the commits of a table, oldest first."""
        days: dict[str, int] = {}
        times: dict[int, str] = {}
        all_days = version = -1
        for commit in commits:
            version = commit["table_version"]
            times[version] = commit["committed_at"]
            if RECORD in commit:
                record = Record.read(commit[RECORD], folder)
                days |= dict.fromkeys(record.days, version)
                if record.is_rebuilt:
                    all_days = version
            elif commit["operation"] not in KEEP_ROWS:
                all_days = version
        return cls(table, version, days, all_days, times)

    def find_last_change(self, week: date) -> int:
        """Return the last version that changed rows of a week; -1 if none did."""
        days = (str(week + timedelta(days=n)) for n in range(7))
        return max(self.all_days, *(self.days.get(day, -1) for day in days))
