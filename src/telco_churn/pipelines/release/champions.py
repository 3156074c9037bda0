"""Moves the champion: by the gate's decision, by hand, or back to the one before.

In: the chosen version, the present champion, the log. Out: an entry for promotion_log, an
appointment, a line for the screen.
"""

from datetime import datetime
from typing import Protocol

import pandas as pd

from kedro_asof.errors import InputError
from telco_churn.contracts import PromotionLog
from telco_churn.parameters.version import VersionParam
from telco_churn.registry.registry_types import (
    Appointment,
    ModelVersion,
    VersionNumber,
    write_promote_command,
)


class PromotionRefusedError(InputError):
    """The champion cannot be changed as asked; it stays."""


class Versions(Protocol):
    """The versions of one registered model."""

    def get(self, version: int) -> ModelVersion:
        """Load a version; an error says which versions there are."""


def appoint_champion(
    version: ModelVersion,
    champion: ModelVersion | None,
    current: VersionNumber | None,
    clock: datetime,
) -> tuple[pd.DataFrame, Appointment]:
    """Follow the gate's decision, which the version itself holds.

    Args:
        version: The candidate, registered.
        champion: The champion that the gate compared it with, None if there was none.
        current: The present champion.
        clock: The time now.

    Returns:
        The entry for the log and the appointment; both are empty if the champion stays.

    Raises:
        PromotionRefusedError: When the gate did not choose the version and there is no other.
        ChampionChangedError: When the champion is no longer the one that it was compared with.
    """
    decision = version.promotion
    if decision.status == "champion":
        appointment = Appointment(version, champion)
        appointment.check_replaces(current)
        reason = " ".join(decision.reasons)
        return _write_entry("appointed", version, champion, "gate", reason, clock), appointment
    if current is None:
        raise PromotionRefusedError(
            f"There is no champion, and the gate did not let version {version.version} of "
            f"{version.name} become one: {' '.join(decision.reasons)} Correct that, or take "
            f"it as it is: {write_promote_command(version.version)}."
        )
    return PromotionLog.frame([]), Appointment(None, champion)


def promote_version(
    registered_versions: Versions,
    champion: VersionNumber | None,
    version: VersionParam,
    user: str,
    clock: datetime,
) -> tuple[pd.DataFrame, Appointment, str]:
    """Make a version champion by hand, once it has loaded.

    Only the number of the champion is read, so that one that does not load can be replaced.

    Returns:
        The entry for the log, the appointment, and a line for the screen.

    Raises:
        PromotionRefusedError: When no version was named, or it is champion already.
    """
    if version.number is None:
        raise PromotionRefusedError(
            f"The parameter `version` is missing: {write_promote_command()}. `make mlflow` lists "
            "the versions."
        )
    if champion is not None and champion.version == version.number:
        raise PromotionRefusedError(
            f"Version {version.number} of {champion.name} is already the champion; nothing was "
            "changed. `make mlflow` lists the versions."
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
    """Make the champion before the present one champion again; a second rollback goes two back.

    Returns:
        The entry for the log, the appointment, and a line for the screen.

    Raises:
        PromotionRefusedError: When there is no champion, or the log knows none before it.
    """
    if champion is None:
        raise PromotionRefusedError(
            f"There is no champion to roll back. Promote a version: {write_promote_command()}; "
            "`make mlflow` lists them."
        )
    before = list_champions_before(promotion_history, champion)
    if not before:
        raise PromotionRefusedError(
            f"The log has no champion of {champion.name} before version {champion.version}, which "
            f"stays. Promote the version that you want: {write_promote_command()}; `make mlflow` "
            "lists them."
        )
    former = registered_versions.get(before[-1])
    reason = f"Back from version {champion.version} to the champion before it."
    entry = _write_entry("rolled_back", former, champion, user, reason, clock)
    return entry, Appointment(former, champion), _tell_change(former, champion, user)


def list_champions_before(promotion_history: pd.DataFrame, champion: VersionNumber) -> list[int]:
    """List the versions that led to the champion, oldest first; each rollback took one away.

    An alias that was moved past the log is found out from the next entry's `from_version`, or
    from the champion itself.
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
    """End the line at the last place of a version; one that is not in it follows the rest."""
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
    before = f"was {champion.version}" if champion else "there was none"
    return (
        f"\n{version.name}: champion is now version {version.version} ({before}), trained as of "
        f"{version.facts['as_of']}; changed by {by}\n"
    )
