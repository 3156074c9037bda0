"""Computes the features of one date with this project's pipeline, without plugins.

In: a configuration folder, `as_of`, and `--without-tiles` to read rows only. Out:
customer_features, the same as after `kedro run`. This is the work between the first node and the
last: load, check contracts, compute, save.
"""

import sys
import time
from pathlib import Path
from typing import Any

from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.runner import SequentialRunner

PROJECT = Path(__file__).parents[1]


def compute_features(conf_source: str, as_of: str, has_tiles: bool) -> float:
    """Run the pipeline and return the seconds it took."""
    bootstrap_project(PROJECT)
    given: dict[str, Any] = {"as_of": as_of}
    if not has_tiles:
        given["features"] = {"tiles": False}
    with KedroSession.create(PROJECT, conf_source=conf_source, runtime_params=given) as session:
        catalog = session.load_context().catalog
        features = pipelines["features"].only_nodes_with_tags("scoring")
        started = time.perf_counter()
        SequentialRunner().run(features, catalog)
        return time.perf_counter() - started


if __name__ == "__main__":
    seconds = compute_features(sys.argv[1], sys.argv[2], "--without-tiles" not in sys.argv)
    print(f"Computed in {seconds:.2f} sec.")
