"""scoring: customer_features, champion -> churn_scores of a date, contact_list, run_summary.

The summary is in the separate namespace `reporting`, so that Kedro-Viz shows the scores before it.
"""

from kedro.pipeline import Node, Pipeline

from kedro_asof.tags import DATED, DELIVERY
from telco_churn.parameters.features import FeatureParams
from telco_churn.pipelines.scoring import (
    commit_plan,
    contact_lists,
    drift_guard,
    flat_table,
    nodes,
    run_summary,
)

PREDICTED_BY = ("params:as_of", "params:scoring", "params:decision", "score_plan")


def create_pipeline(features: FeatureParams, is_delivered: bool = False) -> Pipeline:
    """Create the scoring pipeline of the operator tables.

    Args:
        features: The declared windows name the event tables that scores depend on.
        is_delivered: Whether the scores of the date are also written to `delivered_scores`.
    """
    blocks = ("as_of", "features", "eligibility", "decision", "reasons")
    fingerprint = Node(
        commit_plan.fingerprint_sources,
        {block: f"params:{block}" for block in blocks}
        | {table: table for table in [*commit_plan.DAY_OF, *features.windows]},
        "score_fingerprint",
        name="fingerprint_sources",
    )
    describe = Node(
        run_summary.describe_rejected_rows,
        ["ingestion_report", "late_value_report", "rejected_rows"],
        "data_summary",
        name="describe_rejected_rows",
    )
    deliver = Node(
        nodes.select_scores,
        ["churn_scores", "params:as_of"],
        "delivered_scores",
        name="select_scores",
        tags=[DATED, DELIVERY],
    )
    sources = _in_namespace("scoring", [fingerprint, *[deliver] * is_delivered])
    predict = Node(
        nodes.predict_churn,
        ["customer_features", "champion", *PREDICTED_BY],
        "churn_predictions",
        name="predict_churn",
        tags=DATED,
    )
    return sources + _create_score_pipeline(predict) + _in_namespace("reporting", [describe])


def create_table_pipeline() -> Pipeline:
    """Create the scoring pipeline of a flat table; another pipeline makes `data_summary`."""
    fingerprint = Node(
        commit_plan.fingerprint_own_table,
        ["own_table", "params:decision", "params:reasons"],
        "score_fingerprint",
        name="fingerprint_own_table",
    )
    predict = Node(
        flat_table.predict_table_churn,
        ["customer_features", "champion", "params:own_table", *PREDICTED_BY],
        "churn_predictions",
        name="predict_table_churn",
        tags=DATED,
    )
    return _in_namespace("scoring", [fingerprint]) + _create_score_pipeline(predict)


def _create_score_pipeline(predict: Node) -> Pipeline:
    summarize = Node(
        run_summary.summarize_run,
        ["churn_scores", "champion", "data_summary", "params:as_of", "params:summary"],
        "run_summary",
        name="summarize_run",
    )
    scored = [*_plan_nodes(), predict, _explain_node(), *_contact_nodes(), _commit_node()]
    return _in_namespace("scoring", scored) + _in_namespace("reporting", [summarize])


def _plan_nodes() -> list[Node]:
    return [
        Node(
            commit_plan.plan_commit,
            ["champion", "score_history", "params:as_of", "clock"],
            "score_plan",
            name="plan_commit",
        ),
        Node(
            drift_guard.measure_scores,
            ["churn_predictions", "contacted_customers"],
            "score_measures",
            name="measure_scores",
        ),
        Node(
            drift_guard.guard_volume,
            [
                "score_measures",
                "score_history",
                "champion",
                "params:as_of",
                "params:guard",
            ],
            "score_statistics",
            name="guard_volume",
        ),
    ]


def _explain_node() -> Node:
    return Node(
        nodes.explain_contacts,
        [
            "customer_features",
            "contacted_customers",
            "champion",
            "params:as_of",
            "params:reasons",
            "params:scoring",
        ],
        "contact_reasons",
        name="explain_contacts",
        tags=DATED,
    )


def _contact_nodes() -> list[Node]:
    return [
        Node(
            contact_lists.choose_contacts,
            ["churn_predictions", "champion", "params:decision"],
            "contacted_customers",
            name="choose_contacts",
        ),
        Node(
            contact_lists.list_contacts,
            ["churn_scores", "params:as_of"],
            "contact_list",
            name="list_contacts",
            tags=[DATED, DELIVERY],
        ),
        Node(
            contact_lists.sort_contacts,
            ["contact_list", "params:summary"],
            "contact_list_csv",
            name="sort_contacts",
            tags=[DATED, DELIVERY],
        ),
    ]


def _commit_node() -> Node:
    return Node(
        nodes.assemble_scores,
        [
            "churn_predictions",
            "contacted_customers",
            "contact_reasons",
            "champion",
            "score_plan",
            "score_statistics",
            "score_fingerprint",
            "params:decision",
        ],
        "churn_scores",
        name="assemble_scores",
        tags=DATED,
    )


def _in_namespace(namespace: str, nodes_of_it: list[Node]) -> Pipeline:
    return Pipeline(nodes_of_it, namespace=namespace, prefix_datasets_with_namespace=False)
