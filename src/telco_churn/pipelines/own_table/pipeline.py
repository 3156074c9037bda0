"""own_table: a user's flat table -> column_profile, customer_features, training_examples."""

from kedro.pipeline import Node, Pipeline

from kedro_asof.tags import DATED, EXCLUSIVE
from telco_churn.pipelines.own_table import nodes, unused_columns

PROFILED_BY = ("own_table", "evaluation", "as_of")


def create_pipeline() -> Pipeline:
    """Wire the reading of the table; the training and scoring pipelines do the rest."""
    read = Pipeline(
        [
            Node(
                nodes.profile_columns,
                ["own_table", *(f"params:{block}" for block in PROFILED_BY)],
                ["column_profile", "table_overview", "source_columns", "churn_value"],
                name="profile_columns",
            ),
            Node(
                nodes.read_table,
                ["own_table", "column_profile", "churn_value", "params:own_table", "params:as_of"],
                "table_rows",
                name="read_table",
            ),
            Node(
                nodes.build_features,
                ["table_rows", "params:as_of"],
                "customer_features",
                name="build_features",
                tags=DATED,
            ),
            Node(
                nodes.build_examples,
                ["table_rows", "churn_value", "params:own_table", "params:label", "params:as_of"],
                "training_examples",
                name="build_examples",
                tags=EXCLUSIVE,
            ),
            Node(nodes.describe_rows, "training_examples", "data_summary", name="describe_rows"),
        ],
        namespace="own_table",
        prefix_datasets_with_namespace=False,
    )
    # In the namespace of the gate, because it needs the metrics of the model.
    compare = Node(
        unused_columns.compare_unused_columns,
        ["column_profile", "evaluation_metrics", "training_examples", "params:own_table"],
        "data_notes",
        name="compare_unused_columns",
    )
    return read + Pipeline([compare], namespace="release", prefix_datasets_with_namespace=False)
