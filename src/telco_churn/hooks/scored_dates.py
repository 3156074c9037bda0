"""The rule for skipping a date that the champion already scored from the same data."""

from kedro.io import DataCatalog

from kedro_asof.skip import SkipRule


def describe_champion(catalog: DataCatalog) -> dict[str, str] | None:
    """Return the columns of the score history that name the champion; None without a champion."""
    champion = catalog.load("champion")
    return champion and {"model": champion.name, "model_version": str(champion.version)}


SCORED_DATES = SkipRule(
    pipeline="scoring",
    history="score_history",
    fingerprint="score_fingerprint",
    lineage=describe_champion,
    made_by="scored by {model} version {model_version}",
    again="scoring.rescore",
)
