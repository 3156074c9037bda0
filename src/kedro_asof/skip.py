"""Find out whether a run would only repeat the last commit of its date.

In: the catalog and the pipeline of a run that has not started. Out: the commit that the run would
repeat, or None.
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
    """The rule for skipping a run whose date already has the same commit.

    Attributes:
        pipeline: The pipeline that commits a date. Other pipelines, and parts of it, always run.
        history: The `DatedHistory` of the committed table.
        fingerprint: The name of a dataset and of a column of the history. One node writes the
            dataset: the fingerprint of all inputs of the run.
        lineage: A function from the catalog to other columns that a new commit would have, by name;
            None when only a run can find them.
        made_by: A format string over the columns of a commit, such as `scored by {model}`.
        again: The parameter that forces a run, as `block.name`.
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
        """Return the columns of the commit that a run would repeat; None if it must run."""
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
        """Explain why the run was skipped, and how to force it."""
        return (
            f"Skipped: as_of={commit['as_of']} was {self.made_by.format_map(commit)} from the same "
            f"data at {commit['committed_at']}. This run only wrote "
            f"{' and '.join(list_deliveries(pipeline))}, from that commit. To run it again, pass "
            f"--params {self.again}=true."
        )

    def _take_fingerprint(self, pipeline: Pipeline, catalog: DataCatalog) -> str:
        (node,) = pipeline.only_nodes_with_outputs(self.fingerprint).nodes
        inputs = {name: catalog.load(name) for name in node.inputs}
        return str(node.run(inputs)[self.fingerprint])
