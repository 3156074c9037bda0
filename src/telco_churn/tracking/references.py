"""Makes W&B artifacts of kept datasets: where they lie, what tells them from others, no copies."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePath
from typing import Any

from telco_churn.tracking.config import Limits
from telco_churn.tracking.digests import fingerprint
from telco_churn.tracking.entries import LogArtifact
from telco_churn.tracking.events import Reference
from telco_churn.tracking.pictures import SUFFIXES
from telco_churn.tracking.places import Place
from telco_churn.tracking.plan import Plan

DOCUMENTS = (".html", ".md", ".pdf", ".svg", ".txt", *SUFFIXES)


def refer_to(plan: Plan, name: str, is_input: bool) -> Reference | None:
    """Make a reference to a dataset.

    Args:
        plan: What to log.
        name: Of the dataset, as nodes have it.
        is_input: Whether it was loaded; else it was saved.

    Returns:
        None for what is kept nowhere, or is not part of the lineage.

    Raises:
        ValueError: When its entry asks to upload what may not be.
    """
    entry, place, teller = plan.entries.get(name), plan.places.get(name), plan.tellers.get(name)
    asked = entry if isinstance(entry, LogArtifact) else None
    is_wanted = asked or any(fnmatchcase(name, glob) for glob in plan.config.lineage)
    if teller and is_wanted:
        return _refer_as_told(teller.describe_place(), is_input, asked)
    if place is None or not is_wanted:
        return None
    asked = asked or LogArtifact(log="artifact")
    file = place.find_file()
    facts = _describe(place, file, plan)
    is_upload = asked.upload and not is_input
    return Reference(
        name=name.partition("@")[0],
        uri=f"{'kedro' if place.protocol == 'file' else place.protocol}://{facts['path']}",
        digest=facts.get("digest", ""),
        is_input=is_input,
        facts=facts,
        type=asked.type,
        aliases=asked.aliases,
        file=str(_check_upload(file, plan.config.limits)) if is_upload else None,
    )


def _refer_as_told(
    told: Mapping[str, str] | None, is_input: bool, asked: LogArtifact | None
) -> Reference | None:
    """Take a dataset's own word: two datasets may hold the same thing, as two aliases a model."""
    if told is None:
        return None
    return Reference(
        name=told["name"],
        uri=told["uri"],
        digest=told["digest"],
        is_input=is_input,
        facts={"path": told["uri"], "version": told["version"], "digest": told["digest"]},
        type=told.get("type", "dataset"),
        aliases=asked.aliases if asked else (),
    )


def _describe(place: Place, file: Path | None, plan: Plan) -> dict[str, Any]:
    facts: dict[str, Any] = {"path": _shorten(place, plan.project), "version": place.version}
    if file:
        found = fingerprint(file, plan.config.limits.digest_bytes)
        facts |= {
            "digest": found.digest,
            "digest_of": found.seen,
            "bytes": found.size,
            "rows": found.rows,
            "version": found.version or place.version,
        }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _shorten(place: Place, project: Path) -> str:
    """Leave out the folders above the project: they often name a person."""
    path = PurePath(place.path)
    if place.protocol != "file" or not path.is_absolute():
        return place.path
    return (path.relative_to(project) if path.is_relative_to(project) else path.name).__str__()


def _check_upload(file: Path | None, limits: Limits) -> Path:
    if file is None or file.suffix.lower() not in DOCUMENTS:
        raise ValueError(
            f"only {', '.join(DOCUMENTS)} files are uploaded: no column is redacted in one"
        )
    if file.stat().st_size > limits.upload_bytes:
        raise ValueError(f"it is larger than limits.upload_bytes, {limits.upload_bytes}")
    return file
