"""scoring: customer_features and the champion -> churn_scores of one date, and a summary.

The summary has a namespace of its own, so that Kedro-Viz shows the scores between the two.
"""

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.scoring import nodes


def create_pipeline() -> Pipeline:
    """Wire scoring, with what ingestion rejected in the summary."""
    describe = Node(
        nodes.describe_rejected_rows,
        ["ingestion_report", "rejected_rows"],
        "data_summary",
        name="describe_rejected_rows",
    )
    return create_score_pipeline() + _in_namespace("reporting", [describe])


def create_score_pipeline() -> Pipeline:
    """Wire scoring alone, for a `data_summary` that is made elsewhere."""
    score = Node(
        nodes.score_customers,
        ["customer_features", "champion_model", "params:as_of", "params:scoring", "clock"],
        "churn_scores",
        name="score_customers",
    )
    summarise = Node(
        nodes.summarise_run,
        ["churn_scores", "champion_model", "data_summary", "params:as_of", "params:summary"],
        "run_summary",
        name="summarise_run",
    )
    return _in_namespace("scoring", [score]) + _in_namespace("reporting", [summarise])


def _in_namespace(namespace: str, nodes_of_it: list[Node]) -> Pipeline:
    return Pipeline(nodes_of_it, namespace=namespace, prefix_datasets_with_namespace=False)
