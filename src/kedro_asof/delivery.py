"""Writes what others fetch of a date anew from its commit: after a kill, after a restore."""

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner

from kedro_asof.tags import DELIVERY


def list_deliveries(pipeline: Pipeline) -> list[str]:
    """Name the datasets that nodes tagged `DELIVERY` write."""
    return sorted(pipeline.only_nodes_with_tags(DELIVERY).all_outputs())


def deliver(pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Run the nodes tagged `DELIVERY`; each dataset is replaced as a whole.

    Args:
        pipeline: Commits a date, then delivers it.
        catalog: The catalog of a session whose `as_of` is that date.
    """
    SequentialRunner().run(pipeline.only_nodes_with_tags(DELIVERY), catalog)
