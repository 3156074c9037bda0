"""scoring: customer_features and the champion -> churn_scores of one date, and a summary."""

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.scoring import nodes


def create_pipeline() -> Pipeline:
    """Wire scoring, with what ingestion rejected in the summary."""
    describe = Node(
        nodes.describe_rejected_rows,
        "ingestion_report",
        "data_summary",
        name="describe_rejected_rows",
    )
    return _in_namespace([describe, *_score_nodes()])


def create_score_pipeline() -> Pipeline:
    """Wire scoring alone, for a `data_summary` that is made elsewhere."""
    return _in_namespace(_score_nodes())


def _score_nodes() -> list[Node]:
    return [
        Node(
            nodes.score_customers,
            ["customer_features", "champion_model", "params:as_of", "params:scoring", "clock"],
            "churn_scores",
            name="score_customers",
        ),
        Node(
            nodes.summarise_run,
            ["churn_scores", "champion_model", "data_summary", "params:as_of", "params:summary"],
            "run_summary",
            name="summarise_run",
        ),
    ]


def _in_namespace(score_nodes: list[Node]) -> Pipeline:
    return Pipeline(score_nodes, namespace="scoring", prefix_datasets_with_namespace=False)
