"""A step between nodes that lies in the engine for the time of a run."""

import ibis
from kedro_datasets.ibis import TableDataset

from telco_churn.engines import connect


class EngineStep(TableDataset):  # type: ignore[misc]
    """`ibis.TableDataset` in the engine of `EngineTable`, however that is connected to."""

    def describe_place(self) -> None:
        """Say that it is kept nowhere: it ends with the run."""

    def _connect(self) -> ibis.BaseBackend:
        return connect(self._connection_config)
