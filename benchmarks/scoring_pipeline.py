"""Scores one date with this project's pipeline, without plugins.

In: a configuration folder with features, the number of contacts. Out: a commit of churn_scores, and
the seconds from the file of features to the commit, with the model already loaded. The features are
a dataset of the catalog, so their contract is checked.
"""

import sys
import time

import ibis.backends.duckdb  # noqa: F401  (imported here so that its import does not count as work)
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import MemoryDataset
from kedro.runner import SequentialRunner

from benchmarks.sample_operator import PROJECT
from benchmarks.scoring_inputs import AS_OF

LOAD = "scoring.plan_commit"  # resolves and loads the champion
FAR_TOO_MUCH = 1e9  # no customer is worth such a contact
NODES = (
    "predict_churn",
    "choose_contacts",
    "measure_scores",
    "guard_volume",
    "explain_contacts",
    "assemble_scores",
)


def score(conf: str, contacts: int) -> float:
    """Run the nodes from the features to the commit and return the seconds they took."""
    bootstrap_project(PROJECT)
    decision = {"campaign_capacity": contacts or None, "holdout_fraction": 0}
    if contacts == 0:
        decision["contact_cost"] = FAR_TOO_MUCH
    given = {"as_of": AS_OF, "decision": decision, "guard": {"action": "warn"}}
    with KedroSession.create(PROJECT, conf_source=conf, runtime_params=given) as session:
        catalog = session.load_context().catalog
        # The benchmark starts after the sources, so it has no fingerprint of them.
        catalog["score_fingerprint"] = MemoryDataset("benchmark")
        pipeline = pipelines["scoring"]
        SequentialRunner().run(pipeline.only_nodes(LOAD), catalog)
        measured = pipeline.only_nodes(*(f"scoring.{name}" for name in NODES))
        started = time.perf_counter()
        SequentialRunner().run(measured, catalog)
        return time.perf_counter() - started


if __name__ == "__main__":
    print(f"Computed in {score(sys.argv[1], int(sys.argv[2])):.2f} sec.")
