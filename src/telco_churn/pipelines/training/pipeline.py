"""training: labelled_features -> a candidate, its metrics, the gate, the champion from now on."""

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.training import gate, nodes


def create_pipeline() -> Pipeline:
    """Wire the split by time and all that follows it."""
    split = Node(
        nodes.split_by_time,
        ["labelled_features", "params:training"],
        "training_examples",
        name="split_by_time",
    )
    return _in_namespace([split, *_model_nodes()])


def create_model_pipeline() -> Pipeline:
    """Wire what follows the split, for examples that were split elsewhere."""
    return _in_namespace(_model_nodes())


def _model_nodes() -> list[Node]:
    return [
        Node(
            nodes.train_candidate,
            ["training_examples", "params:training", "params:decision"],
            ["candidate", "held_out_metrics"],
            name="train_candidate",
        ),
        Node(
            nodes.report_metrics,
            "held_out_metrics",
            "evaluation_metrics",
            name="report_metrics",
        ),
        Node(
            gate.decide_promotion,
            [
                "held_out_metrics",
                "training_examples",
                "incumbent_model",
                "params:training",
                "params:as_of",
            ],
            "promotion",
            name="decide_promotion",
        ),
        Node(
            nodes.package_model,
            ["candidate", "held_out_metrics", "promotion", "training_examples", "params:as_of"],
            "churn_model",
            name="package_model",
        ),
        Node(
            gate.appoint_champion,
            ["churn_model", "promotion", "incumbent_model"],
            "champion_model",
            name="appoint_champion",
        ),
    ]


def _in_namespace(model_nodes: list[Node]) -> Pipeline:
    return Pipeline(model_nodes, namespace="training", prefix_datasets_with_namespace=False)
