"""The features of one date by this project's pipeline alone, without the plugins around a run.

In: the folder of a configuration, `as_of`. Out: customer_features, as `kedro run` leaves it. It is
what a run does between its first node and its last: read, check contracts, compute, write.
"""

import sys
import time
from pathlib import Path

from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.runner import SequentialRunner

PROJECT = Path(__file__).parents[1]


def compute_features(conf_source: str, as_of: str) -> float:
    """Run the pipeline; return the seconds it took."""
    bootstrap_project(PROJECT)
    given = {"as_of": as_of}
    with KedroSession.create(PROJECT, conf_source=conf_source, runtime_params=given) as session:
        catalog = session.load_context().catalog
        features = pipelines["features"].only_nodes_with_tags("scoring")
        started = time.perf_counter()
        SequentialRunner().run(features, catalog)
        return time.perf_counter() - started


if __name__ == "__main__":
    print(f"Computed in {compute_features(sys.argv[1], sys.argv[2]):.2f} sec.")
