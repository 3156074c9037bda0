"""Write the deliveries of a date again from its commit, after a kill or a restore."""

from kedro.io import DataCatalog
from kedro.pipeline import Pipeline
from kedro.runner import SequentialRunner

from kedro_asof.tags import DELIVERY


def list_deliveries(pipeline: Pipeline) -> list[str]:
    """List the datasets that nodes tagged `DELIVERY` write."""
    return sorted(pipeline.only_nodes_with_tags(DELIVERY).all_outputs())


def deliver(pipeline: Pipeline, catalog: DataCatalog) -> None:
    """Run the nodes tagged `DELIVERY`, which replace their datasets.

    Args:
        pipeline: A pipeline that commits a date and then delivers it.
        catalog: The catalog of a session whose `as_of` is that date.
    """
    SequentialRunner().run(pipeline.only_nodes_with_tags(DELIVERY), catalog)
