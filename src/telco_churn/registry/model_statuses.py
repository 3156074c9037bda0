"""Keep the tag `status` of each version correct, even after a killed run or a manual change."""

import logging
from collections.abc import Iterable

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion as RegistryEntry
from mlflow.exceptions import MlflowException

from telco_churn.registry.registry_errors import is_unreachable

log = logging.getLogger(__name__)

CHAMPION, CHALLENGER = "champion", "challenger"  # also the names of the aliases
REPLACED = "replaced"  # a former champion
INCOMPLETE = "incomplete"  # registered without the gate's decision; cannot be promoted
NOT_THERE = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


def find_entry(name: str, alias: str) -> RegistryEntry | None:
    """Return the version under an alias, None without one."""
    try:
        return MlflowClient().get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in NOT_THERE:
            return None
        raise


def list_entries(name: str) -> list[RegistryEntry]:
    """List the versions of a registered model; an empty list if the model does not exist."""
    return list(MlflowClient().search_model_versions(f"name='{name}'"))


def find_status(entry: RegistryEntry) -> str | None:
    """Return the status of a version; versions from before 0.2 have it in the tag `standing`."""
    tags: dict[str, str] = entry.tags
    return tags.get("status") or tags.get("standing")


def mend_statuses(name: str) -> None:
    """Set the status tags to match the champion alias, which decides which version scores.

    A run that is killed between moving the alias and setting tags leaves wrong tags.
    """
    champion, challenger = find_entry(name, CHAMPION), find_entry(name, CHALLENGER)
    if champion and challenger and champion.version == challenger.version:
        MlflowClient().delete_registered_model_alias(name, CHALLENGER)
    _set_statuses(list_entries(name), champion.version if champion else None)


def _set_statuses(entries: Iterable[RegistryEntry], champion: str | None) -> None:
    for entry in entries:
        status = _find_status(entry, champion)
        if status == entry.tags.get("status"):
            continue
        try:
            MlflowClient().set_model_version_tag(entry.name, entry.version, "status", status)
        except MlflowException as error:
            if is_unreachable(error):
                raise
            # Another run with the same registry may set this tag at the same time.
            log.warning("Could not tag version %s of %s: %s", entry.version, entry.name, error)


def _find_status(entry: RegistryEntry, champion: str | None) -> str | None:
    found = find_status(entry)
    if entry.version == champion:
        return CHAMPION
    if "gate" not in entry.tags:
        return INCOMPLETE
    return REPLACED if found == CHAMPION else found
