"""training: labeled_features -> examples, leakage_findings, candidate, held_out_predictions.

The pipeline `evaluation` measures the candidate; `release` decides whether it becomes champion.
"""

from kedro.pipeline import Node, Pipeline

from kedro_asof.tags import EXCLUSIVE
from telco_churn.learning.training_examples import read_examples
from telco_churn.pipelines.training import leakage, nodes


def create_pipeline() -> Pipeline:
    """Create the training pipeline of the operator tables, with a split by time."""
    split = Node(
        nodes.split_by_time,
        ["labeled_features", "params:training", "params:label"],
        "training_examples",
        name="split_by_time",
        tags=EXCLUSIVE,
    )
    return _in_namespace([split, *_model_nodes()])


def create_model_pipeline() -> Pipeline:
    """Create the training pipeline without its split, for examples that have one already."""
    return _in_namespace(_model_nodes())


def _model_nodes() -> list[Node]:
    return [
        Node(read_examples, "training_examples", "raw_examples", name="read_examples"),
        Node(
            leakage.find_leaks,
            ["raw_examples", "params:leakage", "params:training"],
            "leakage_findings",
            name="find_leaks",
        ),
        Node(
            leakage.leave_out_features,
            ["leakage_findings", "params:leakage"],
            "features_left_out",
            name="leave_out_features",
        ),
        Node(
            leakage.drop_shared_rows,
            ["raw_examples", "features_left_out", "params:leakage", "params:training"],
            "examples",
            name="drop_shared_rows",
        ),
        Node(
            nodes.fit_candidate,
            [
                "examples",
                "features_left_out",
                "params:training",
                "params:lightgbm",
                "params:tuning",
                "params:evaluation",
                "params:decision",
                "params:reasons",
                "tuning_studies",
            ],
            ["candidate", "held_out_predictions", "learning_history", "lightgbm_params"],
            name="fit_candidate",
        ),
    ]


def _in_namespace(model_nodes: list[Node]) -> Pipeline:
    return Pipeline(model_nodes, namespace="training", prefix_datasets_with_namespace=False)
