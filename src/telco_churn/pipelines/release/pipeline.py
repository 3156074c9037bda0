"""release: an evaluated candidate -> promotion, model_card, churn_model (a version), champion.

The champion's predictions of the held-out rows are in the separate namespace `challenge`, so that
Kedro-Viz shows the evaluation between the two.
"""

from collections.abc import Sequence

from kedro.pipeline import Node, Pipeline

from kedro_asof.tags import EXCLUSIVE
from telco_churn.pipelines.release import (
    card,
    champions,
    comparison,
    data_summary,
    gate,
    intended_use,
    nodes,
    training_summary,
)


def create_challenge_pipeline() -> Pipeline:
    """Create the pipeline that predicts the held-out rows with the champion."""
    describe = Node(
        data_summary.describe_examples,
        ["examples", "params:label"],
        "examples_summary",
        name="describe_examples",
    )
    return _in_namespace("challenge", [describe, _predict_node()])


def create_table_challenge_pipeline() -> Pipeline:
    """Create the same pipeline for a flat table."""
    describe = Node(
        data_summary.describe_table_examples,
        ["examples", "params:label", "params:own_table"],
        "examples_summary",
        name="describe_table_examples",
    )
    return _in_namespace("challenge", [describe, _predict_node()])


def create_pipeline() -> Pipeline:
    """Create the release pipeline of the operator tables: gate, card, package, appointment."""
    describe = Node(
        intended_use.describe_operator,
        ["params:label", "params:eligibility", "params:features"],
        "intended_use",
        name="describe_operator",
    )
    return _in_namespace("release", [describe, *_release_nodes("feature_titles")])


def create_table_pipeline() -> Pipeline:
    """Create the same pipeline for a flat table."""
    describe = Node(
        intended_use.describe_table,
        ["params:own_table", "churn_value"],
        "intended_use",
        name="describe_table",
    )
    named = _release_nodes("source_columns", ["data_notes"], ["source_columns"])
    return _in_namespace("release", [describe, *named])


def create_promote_pipeline() -> Pipeline:
    """Create the pipeline that makes a version champion by hand."""
    promote = Node(
        champions.promote_version,
        ["registered_versions", "champion_version", "params:version", "user", "clock"],
        ["promotion_log", "champion", "run_summary"],
        name="promote_version",
    )
    return _in_namespace("release", [promote])


def create_rollback_pipeline() -> Pipeline:
    """Create the pipeline that makes the previous champion the champion again."""
    roll_back = Node(
        champions.roll_back,
        ["promotion_history", "registered_versions", "champion_version", "user", "clock"],
        ["promotion_log", "champion", "run_summary"],
        name="roll_back",
    )
    return _in_namespace("release", [roll_back])


def _predict_node() -> Node:
    return Node(
        comparison.predict_by_champion,
        ["held_out_predictions", "examples", "examples_summary", "previous_champion"],
        ["champion_predictions", "comparison_skipped_because"],
        name="predict_by_champion",
    )


def _release_nodes(titles: str, notes: Sequence[str] = (), names: Sequence[str] = ()) -> list[Node]:
    """Create the nodes.

    Args:
        titles: Dataset with the title of each feature, by name, for plots.
        notes: Dataset with sentences about the data, for the model card.
        names: Dataset with the columns of a flat table by feature, for the package.
    """
    return [
        Node(
            gate.decide_promotion,
            [
                "evaluation_metrics",
                "slice_gaps",
                "champion_comparison",
                "comparison_skipped_because",
                "candidate",
                "previous_champion",
                "params:gate",
                "params:summary",
                "params:as_of",
            ],
            "promotion",
            name="decide_promotion",
            tags=EXCLUSIVE,
        ),
        Node(
            card.write_model_card,
            [
                "candidate",
                "intended_use",
                "examples_summary",
                "metric_intervals",
                "roc_points",
                "calibration_curve",
                "profit_curve",
                "profit_curves_of_baselines",
                "decile_table",
                "slice_metrics",
                "slice_gaps",
                "feature_importance",
                titles,
                "leakage_findings",
                "promotion",
                "params:decision",
                "params:leakage",
                "params:tuning",
                "params:evaluation",
                "params:release",
                "params:summary",
                "params:as_of",
                "git_commit",
                "clock",
                *notes,
            ],
            ["model_card_draft", "model_card_page_draft"],
            name="write_model_card",
        ),
        Node(
            nodes.package_model,
            [
                "candidate",
                "evaluation_metrics",
                "promotion",
                "examples",
                "examples_summary",
                "held_out_predictions",
                "model_card_draft",
                "model_card_page_draft",
                "params:as_of",
                *names,
            ],
            "churn_model",
            name="package_model",
            tags=EXCLUSIVE,
        ),
        Node(
            card.name_version,
            ["model_card_draft", "model_card_page_draft", "churn_model"],
            ["model_card", "model_card_page"],
            name="name_version",
        ),
        # The log is saved first, so the champion never changes without an entry.
        Node(
            champions.appoint_champion,
            ["churn_model", "previous_champion", "champion_version", "clock"],
            ["promotion_log", "champion"],
            name="appoint_champion",
        ),
        Node(
            training_summary.summarize_training,
            [
                "churn_model",
                "previous_champion",
                "champion",
                "champion_comparison",
                "params:summary",
            ],
            "training_summary",
            name="summarize_training",
        ),
    ]


def _in_namespace(namespace: str, nodes_of_it: list[Node]) -> Pipeline:
    return Pipeline(nodes_of_it, namespace=namespace, prefix_datasets_with_namespace=False)
