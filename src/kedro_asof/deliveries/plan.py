"""Decide which files of a table a run ingests.

In: the files of the folder and the log of the table. Out: a `DeliveryPlan`.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kedro_asof.deliveries.files import DeliveredFile
from kedro_asof.deliveries.folder import WHOLE
from kedro_asof.deliveries.log import Delivery, TableLog
from kedro_asof.errors import WrongCallError
from kedro_asof.suggestions import suggest

GONE, REPLACED, WITHDRAWN = "gone", "replaced", "withdrawn"
LISTED = 3  # names that a log line shows


@dataclass(frozen=True)
class DeliveryPlan:
    """The files that a run ingests, and those whose rows leave.

    Attributes:
        new: The files to ingest, without their numbers of rows.
        leaving: The files whose rows leave, each with the reason.
        withdrawn: The digest by file of all withdrawn files.
        unchanged: The number of files that are in the table and stay there.
        is_rebuilt: Whether the table is made anew from all files.
        because: Why it is made anew; empty if it is not.
    """

    new: tuple[Delivery, ...] = ()
    leaving: dict[str, str] = field(default_factory=dict)
    withdrawn: dict[str, str] = field(default_factory=dict)
    unchanged: int = 0
    is_rebuilt: bool = False
    because: str = ""

    @property
    def new_files(self) -> list[str]:
        """The names of the files to ingest."""
        return [each.file for each in self.new]

    def explain(self) -> str:
        """Describe the plan in one line."""
        return ", ".join(self._list_parts()) + "."

    def _list_parts(self) -> Iterator[str]:
        if self.is_rebuilt:
            yield f"making the table anew from {_count(self.new_files)} ({self.because})"
            return
        replaced = [file for file, reason in self.leaving.items() if reason == REPLACED]
        if new := [file for file in self.new_files if file not in replaced]:
            yield f"{_count(new)} new ({_list(new)})"
        if replaced:
            yield f"{_count(replaced)} replaced ({_list(replaced)})"
        for reason in (GONE, WITHDRAWN):
            if files := [file for file, why in self.leaving.items() if why == reason]:
                yield f"{_count(files)} {reason} ({_list(files)})"
        if self.unchanged:
            yield f"{self.unchanged} unchanged"
        if not self.new and not self.leaving:
            yield "no file to ingest"


def plan_deliveries(
    files: Sequence[DeliveredFile],
    log: TableLog,
    because: str = "",
    withdraw: Collection[str] = (),
    restore: Collection[str] = (),
) -> DeliveryPlan:
    """Compare the files of a folder with the log of its table.

    A file whose size and time are those of the log is taken as unchanged; of another, the content
    is compared.

    Args:
        files: The files of the folder.
        log: The state of the table.
        because: Why the table is made anew from all files; empty to ingest only what is new.
        withdraw: Names of files whose rows leave, and which are not ingested again.
        restore: Names of withdrawn files that are ingested again.

    Raises:
        NotReadyError: When a file changes while it is read.
        WrongCallError: When `withdraw` or `restore` names an unknown file.
    """
    _check_names(withdraw, log.deliveries, "in the table")
    if WHOLE in withdraw:
        raise WrongCallError(
            f"Cannot withdraw {WHOLE}: the table is not delivered in files, and is read again in "
            "each run. Remove the rows where they come from."
        )
    _check_names(restore, log.last.withdrawn, "withdrawn")
    present = {file.name: file for file in files}
    _check_names(restore, present, "in the folder")
    withdrawn = {**log.last.withdrawn, **{file: log.deliveries[file].digest for file in withdraw}}
    withdrawn = {file: digest for file, digest in withdrawn.items() if file not in restore}
    leaving = {file: GONE for file in log.deliveries if file not in present}
    leaving |= dict.fromkeys(withdraw, WITHDRAWN)
    new: list[Delivery] = []
    for name, file in present.items():
        known = log.deliveries.get(name)
        stamp = (file.size, file.modified_ns)
        if known and stamp == (known.size, known.modified_ns):
            digest = known.digest
        else:
            digest = file.take_digest()
        if withdrawn.get(name) == digest:
            continue
        if known and digest == known.digest and not because:
            continue
        if known and digest != known.digest:
            leaving[name] = REPLACED
        at = log.digests.get(digest) or _format_time(file.modified_ns)
        new.append(Delivery(name, file.size, file.modified_ns, digest, at, rows=-1))
    for each in new:  # other content under the name of a withdrawn file
        withdrawn.pop(each.file, None)
    unchanged = len(set(log.deliveries) - set(leaving))
    return DeliveryPlan(tuple(new), leaving, withdrawn, unchanged, bool(because), because)


def _check_names(names: Collection[str], known: Collection[str], where: str) -> None:
    for name in names:
        if name not in known:
            raise WrongCallError(
                f"Unknown delivery {name!r}: no file of this name is {where}."
                f"{suggest(name, known)} `kedro deliveries list` shows all files."
            )


def _format_time(nanoseconds: int) -> str:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat(timespec="seconds")


def _count(files: Sequence[str]) -> str:
    return "1 file" if len(files) == 1 else f"{len(files)} files"


def _list(files: Sequence[str]) -> str:
    return ", ".join(files[:LISTED]) + (", …" if len(files) > LISTED else "")
