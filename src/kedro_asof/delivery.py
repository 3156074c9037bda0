"""Writes the contact lists of a date anew from its commit: after a kill, after a restore."""

from kedro.framework.project import pipelines
from kedro.io import DataCatalog
from kedro.runner import SequentialRunner

NODES = ("scoring.list_contacts", "scoring.sort_contacts")


def write_contact_lists(catalog: DataCatalog) -> None:
    """Write the lists of the catalog's `as_of`; each is replaced as a whole.

    Args:
        catalog: Of a session with the date as its parameter `as_of`.
    """
    SequentialRunner().run(pipelines["scoring"].only_nodes(*NODES), catalog)
