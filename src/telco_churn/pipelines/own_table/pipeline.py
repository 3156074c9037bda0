"""own_table: a user's flat table -> column_profile, customer_features, training_examples."""

from kedro.pipeline import Node, Pipeline

from kedro_asof.tags import DATED, EXCLUSIVE
from telco_churn.pipelines.own_table import nodes

PROFILED_BY = ("own_table", "label", "evaluation", "as_of")


def create_pipeline() -> Pipeline:
    """Wire the reading of the table; the training and scoring pipelines do the rest."""
    profiled = ["own_table", "column_profile", "params:own_table"]
    return Pipeline(
        [
            Node(
                nodes.profile_columns,
                ["own_table", *(f"params:{block}" for block in PROFILED_BY)],
                "column_profile",
                name="profile_columns",
            ),
            Node(
                nodes.build_features,
                [*profiled, "params:as_of"],
                "customer_features",
                name="build_features",
                tags=DATED,
            ),
            Node(
                nodes.build_examples,
                [*profiled, "params:label", "params:as_of"],
                "training_examples",
                name="build_examples",
                tags=EXCLUSIVE,
            ),
            Node(
                nodes.describe_columns,
                ["column_profile", "training_examples"],
                "data_summary",
                name="describe_columns",
            ),
        ],
        namespace="own_table",
        prefix_datasets_with_namespace=False,
    )
