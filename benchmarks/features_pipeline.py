"""Computes the features of one date with this project's pipeline, without plugins.

In: a configuration folder, `as_of`. Out: customer_features, the same as after `kedro run`. This is
the work between the first node and the last: load, check contracts, compute, save.
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
    """Run the pipeline and return the seconds it took."""
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
