"""Scores of one date by this project's pipeline alone, without the plugins around a run.

In: the folder of a benchmark, the file of features, how many customers are contacted. Out: a commit
of churn_scores with the contracts checked on the way.
"""

import sys
import time
from pathlib import Path

from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import MemoryDataset
from kedro.runner import SequentialRunner

from benchmarks.sample_operator import PROJECT
from benchmarks.scoring import AS_OF
from telco_churn.datasets.engine_table import EngineTable

NODES = (
    "plan_commit",
    "predict_churn",
    "choose_contacts",
    "measure_scores",
    "guard_volume",
    "explain_contacts",
    "assemble_scores",
)


def score(place: str, features: str, contacts: int) -> float:
    """Run the nodes from the features to the commit; return the seconds it took."""
    bootstrap_project(PROJECT)
    given = {
        "as_of": AS_OF,
        "decision": {"campaign_capacity": contacts, "holdout_fraction": 0},
        "guard": {"action": "warn"},
    }
    conf = f"{place}/conf"
    with KedroSession.create(PROJECT, conf_source=conf, runtime_params=given) as session:
        catalog = session.load_context().catalog
        own = catalog["customer_features"]
        catalog["customer_features"] = EngineTable(
            filepath=str(Path(features).absolute()),
            connection=own._connection_config,
            load_args={"hive_partitioning": False},
        )
        catalog["score_fingerprint"] = MemoryDataset("benchmark")
        pipeline = pipelines["scoring"].only_nodes(*(f"scoring.{name}" for name in NODES))
        started = time.perf_counter()
        SequentialRunner().run(pipeline, catalog)
        return time.perf_counter() - started


if __name__ == "__main__":
    print(f"Computed in {score(sys.argv[1], sys.argv[2], int(sys.argv[3])):.2f} sec.")
