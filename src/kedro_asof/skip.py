"""Finds out whether a run would only repeat the last commit of its date.

In: a catalog and a pipeline before they run. Out: the commit that the run would repeat, or none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from kedro_asof.delivery import list_deliveries

PARTS_OF_A_PIPELINE = (
    "tags",
    "from_nodes",
    "to_nodes",
    "node_names",
    "from_inputs",
    "to_outputs",
    "namespaces",
)


@dataclass(frozen=True)
class SkipRule:
    """When a date needs no run.

    Attributes:
        pipeline: The pipeline that commits a date. Runs of others, or of a part, are not skipped.
        history: The `DatedHistory` of what it commits.
        fingerprint: The dataset with the fingerprint of all that a run reads, made by one node;
            also the column of the history with that of a commit.
        lineage: From a catalog to the further columns, by name, that a commit would have now; None
            when a run is needed to know.
        made_by: What made a commit, as a format of its columns: `scored by {model}`.
        again: The parameter that asks for a run all the same: `block.name`.
    """

    pipeline: str
    history: str
    fingerprint: str
    lineage: Callable[[DataCatalog], Mapping[str, str] | None]
    made_by: str
    again: str

    def find_commit(
        self, run_params: Mapping[str, Any], pipeline: Pipeline, catalog: DataCatalog
    ) -> dict[str, Any] | None:
        """Return the columns of the commit that a run would repeat; None if it has work to do."""
        is_whole = not any(run_params[part] for part in PARTS_OF_A_PIPELINE)
        if run_params["pipeline_names"] != [self.pipeline] or not is_whole:
            return None
        if catalog.load(f"params:{self.again}"):
            return None
        history: pd.DataFrame = catalog.load(self.history)
        commits = history[history["as_of"] == str(catalog.load("params:as_of"))]
        lineage = None if commits.empty else self.lineage(catalog)
        if lineage is None:
            return None
        latest = {str(name): value for name, value in commits.iloc[-1].items()}
        if any(latest[name] != value for name, value in lineage.items()):
            return None
        is_same = latest[self.fingerprint] == self._take_fingerprint(pipeline, catalog)
        return latest if is_same else None

    def explain(self, commit: Mapping[str, Any], pipeline: Pipeline) -> str:
        """Say why the run of a date is skipped, and how to run it all the same."""
        return (
            f"as_of={commit['as_of']} was {self.made_by.format_map(commit)} from the same data, at "
            f"{commit['committed_at']}: nothing to do but to write "
            f"{' and '.join(list_deliveries(pipeline))} from that commit. To run it again: "
            f"--params {self.again}=true."
        )

    def _take_fingerprint(self, pipeline: Pipeline, catalog: DataCatalog) -> str:
        (node,) = pipeline.only_nodes_with_outputs(self.fingerprint).nodes
        inputs = {name: catalog.load(name) for name in node.inputs}
        return str(node.run(inputs)[self.fingerprint])
