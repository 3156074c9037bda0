"""features: primary tables -> customer_features of `as_of`, and labelled_features to learn from.

The two branches compute the same features, on one date and on many; tags tell them apart, so that
scoring runs one and training the other.
"""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from telco_churn.pipelines.features import nodes, snapshots


def create_pipeline() -> Pipeline:
    """Wire both branches."""
    scoring = Node(
        snapshots.list_scoring_dates,
        ["coverage", "params:as_of"],
        "scoring_dates",
        name="list_scoring_dates",
    )
    training = Node(
        snapshots.list_training_dates,
        ["coverage", "params:as_of", "params:snapshots", "params:label", "params:training"],
        "training_dates",
        name="list_training_dates",
    )
    label = Node(
        nodes.label_churn,
        ["training_features", "cancellations", "params:label"],
        "labelled_features",
        name="label_churn",
    )
    return Pipeline(
        [
            Pipeline([scoring, *_feature_nodes("scoring", "customer_features")], tags="scoring"),
            Pipeline(
                [training, *_feature_nodes("training", "training_features"), label],
                tags="training",
            ),
        ],
        namespace="features",
        prefix_datasets_with_namespace=False,
    )


def _feature_nodes(purpose: str, features: str) -> list[Node]:
    """The nodes that turn the dates of one purpose into its features."""
    snapshot = f"{purpose}_snapshots"
    groups: dict[Callable[..., Any], list[str]] = {
        nodes.describe_customers: ["customers"],
        nodes.describe_subscriptions: ["subscriptions"],
        nodes.aggregate_usage: ["usage", "params:features"],
        nodes.aggregate_contacts: ["contacts", "params:features"],
        nodes.aggregate_invoices: ["invoices", "params:features"],
        nodes.measure_bill_shock: ["invoices"],
    }
    outputs = [f"{purpose}_{function.__name__}" for function in groups]
    return [
        Node(
            snapshots.snapshot_customers,
            [f"{purpose}_dates", "customers", "cancellations"],
            snapshot,
            name=f"snapshot_{purpose}_customers",
        ),
        *[
            Node(function, [snapshot, *inputs], output, name=f"{function.__name__}_for_{purpose}")
            for (function, inputs), output in zip(groups.items(), outputs, strict=True)
        ],
        Node(
            nodes.assemble_features,
            [snapshot, *outputs],
            features,
            name=f"assemble_features_for_{purpose}",
        ),
    ]
