"""scoring: customer_features and the champion -> churn_scores of one date, and a summary.

The summary has a namespace of its own, so that Kedro-Viz shows the scores between the two.
"""

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.scoring import nodes, summary


def create_pipeline() -> Pipeline:
    """Wire scoring, with what ingestion rejected in the summary."""
    describe = Node(
        summary.describe_rejected_rows,
        ["ingestion_report", "rejected_rows"],
        "data_summary",
        name="describe_rejected_rows",
    )
    return create_score_pipeline() + _in_namespace("reporting", [describe])


def create_score_pipeline() -> Pipeline:
    """Wire scoring alone, for a `data_summary` that is made elsewhere."""
    summarise = Node(
        summary.summarise_run,
        [
            "churn_scores",
            "champion_model",
            "data_summary",
            "params:as_of",
            "params:summary",
        ],
        "run_summary",
        name="summarise_run",
    )
    return _in_namespace("scoring", _score_nodes()) + _in_namespace("reporting", [summarise])


def _score_nodes() -> list[Node]:
    return [
        Node(
            nodes.predict_churn,
            [
                "customer_features",
                "champion_model",
                "params:as_of",
                "params:scoring",
                "params:decision",
            ],
            "churn_predictions",
            name="predict_churn",
        ),
        Node(
            nodes.choose_contacts,
            ["churn_predictions", "params:decision"],
            "contacted_customers",
            name="choose_contacts",
        ),
        Node(
            nodes.explain_contacts,
            [
                "customer_features",
                "contacted_customers",
                "champion_model",
                "params:as_of",
                "params:reasons",
                "params:scoring",
            ],
            "contact_reasons",
            name="explain_contacts",
        ),
        Node(
            nodes.assemble_scores,
            [
                "churn_predictions",
                "contacted_customers",
                "contact_reasons",
                "champion_model",
                "clock",
            ],
            "churn_scores",
            name="assemble_scores",
        ),
    ]


def _in_namespace(namespace: str, nodes_of_it: list[Node]) -> Pipeline:
    return Pipeline(nodes_of_it, namespace=namespace, prefix_datasets_with_namespace=False)
