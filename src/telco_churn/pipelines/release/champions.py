"""Change the champion: after the gate's decision, by hand, or back to the previous one.

In: the chosen version, the current champion, promotion_history. Out: an entry for promotion_log,
the `Appointment`, run_summary.
"""

from datetime import datetime
from typing import Protocol

import pandas as pd

from telco_churn.contracts import PromotionLog
from telco_churn.errors import PromotionRefusedError
from telco_churn.parameters.version import VersionParam
from telco_churn.registry.registry_types import (
    Appointment,
    ModelVersion,
    VersionNumber,
    write_promote_command,
)


class Versions(Protocol):
    """The versions of one registered model."""

    def get(self, version: int) -> ModelVersion:
        """Load a version; the error for an unknown version lists the existing ones."""


def appoint_champion(
    version: ModelVersion,
    champion: ModelVersion | None,
    current: VersionNumber | None,
    clock: datetime,
) -> tuple[pd.DataFrame, Appointment]:
    """Make the new version champion if the gate decided so.

    Args:
        version: The registered candidate, with the gate's decision.
        champion: The champion that the gate compared it with; None if there was none.
        current: The current champion.
        clock: The current time.

    Returns:
        The entry for the log and the appointment; both are empty if the champion stays.

    Raises:
        PromotionRefusedError: If the gate did not choose the version and no champion exists.
        ChampionChangedError: If the champion has changed since the gate's comparison.
    """
    decision = version.promotion
    if decision.status == "champion":
        appointment = Appointment(version, champion)
        appointment.check_replaces(current)
        reason = " ".join(decision.reasons)
        return _write_entry("appointed", version, champion, "gate", reason, clock), appointment
    if current is None:
        raise PromotionRefusedError(
            f"No champion for {version.name}: the gate did not promote version "
            f"{version.version}. {' '.join(decision.reasons)} Fix the cause, or promote the "
            f"version anyway: {write_promote_command(version.version)}."
        )
    return PromotionLog.frame([]), Appointment(None, champion)


def promote_version(
    registered_versions: Versions,
    champion: VersionNumber | None,
    version: VersionParam,
    user: str,
    clock: datetime,
) -> tuple[pd.DataFrame, Appointment, str]:
    """Make a version champion by hand, after checking that it loads.

    The current champion is not loaded, so a broken champion can be replaced.

    Returns:
        The entry for the log, the appointment, and the run summary.

    Raises:
        PromotionRefusedError: If no version was given, or it is already the champion.
    """
    if version.number is None:
        raise PromotionRefusedError(
            f"Missing parameter `version`: run {write_promote_command()}. `make mlflow` lists the "
            "versions."
        )
    if champion is not None and champion.version == version.number:
        raise PromotionRefusedError(
            f"Version {version.number} of {champion.name} is already the champion: nothing "
            "changed. Choose another version; `make mlflow` lists them."
        )
    chosen = registered_versions.get(version.number)
    entry = _write_entry("promoted", chosen, champion, user, "Promoted by hand.", clock)
    return entry, Appointment(chosen, champion), _tell_change(chosen, champion, user)


def roll_back(
    promotion_history: pd.DataFrame,
    registered_versions: Versions,
    champion: VersionNumber | None,
    user: str,
    clock: datetime,
) -> tuple[pd.DataFrame, Appointment, str]:
    """Make the previous champion the champion again; each call goes back one version.

    Returns:
        The entry for the log, the appointment, and the run summary.

    Raises:
        PromotionRefusedError: If there is no champion, or the log has none before it.
    """
    if champion is None:
        raise PromotionRefusedError(
            f"No champion to roll back. Promote a version: {write_promote_command()}. "
            "`make mlflow` lists the versions."
        )
    before = list_champions_before(promotion_history, champion)
    if not before:
        raise PromotionRefusedError(
            f"The promotion log has no champion of {champion.name} before version "
            f"{champion.version}, which stays champion. Promote the version you want: "
            f"{write_promote_command()}. `make mlflow` lists the versions."
        )
    former = registered_versions.get(before[-1])
    reason = f"Rolled back from version {champion.version} to the previous champion."
    entry = _write_entry("rolled_back", former, champion, user, reason, clock)
    return entry, Appointment(former, champion), _tell_change(former, champion, user)


def list_champions_before(promotion_history: pd.DataFrame, champion: VersionNumber) -> list[int]:
    """List the champions before the current one, oldest first, without those rolled back.

    If the alias was moved outside this pipeline, the log has no entry for it: the version then
    comes from the next entry's `from_version`, or from the current champion.
    """
    line: list[int] = []
    of_model = promotion_history[promotion_history["model"] == champion.name]
    for entry in of_model.to_dict("records"):
        if not pd.isna(entry["from_version"]):
            line = _cut_behind(line, int(entry["from_version"]))
        is_rollback = entry["action"] == "rolled_back"
        to_version = int(entry["to_version"])
        line = _cut_behind(line, to_version) if is_rollback else [*line, to_version]
    return _cut_behind(line, champion.version)[:-1]


def _cut_behind(line: list[int], version: int) -> list[int]:
    """Cut the line after the last occurrence of a version; append the version if absent."""
    if version not in line:
        return [*line, version]
    return line[: len(line) - line[::-1].index(version)]


def _write_entry(
    action: str,
    version: ModelVersion,
    champion: VersionNumber | None,
    by: str,
    reason: str,
    clock: datetime,
) -> pd.DataFrame:
    entry = {
        "at": clock,
        "by": by,
        "action": action,
        "model": version.name,
        "from_version": champion.version if champion else None,
        "to_version": version.version,
        "reason": reason,
    }
    return PromotionLog.frame([entry])


def _tell_change(version: ModelVersion, champion: VersionNumber | None, by: str) -> str:
    before = f"previously version {champion.version}" if champion else "previously none"
    return (
        f"\n{version.name}: champion is now version {version.version} ({before}), trained as of "
        f"{version.facts['as_of']}, changed by {by}\n"
    )
