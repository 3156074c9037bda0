"""features: primary tables -> customer_features of `as_of`, and labelled_features to learn from.

The two branches compute the same features, on one date and on many; tags tell them apart, so that
scoring runs one and training the other. Which event tables there are is declared in parameters.
"""

from kedro.pipeline import Node, Pipeline

from telco_churn.parameters import EligibilityParams, FeatureParams, LabelParams
from telco_churn.pipelines.features import labels, nodes, snapshots
from telco_churn.pipelines.features.lookups import LOOKUPS


def create_pipeline(
    features: FeatureParams, label: LabelParams, eligibility: EligibilityParams
) -> Pipeline:
    """Wire both branches, and the data dictionary.

    Args:
        features: One node for each event table of `windows`.
        label: Reads `event_tables` where it looks for inactivity.
        eligibility: Reads them where it asks for activity.
    """
    seen = label.event_tables if eligibility.active_within_days is not None else []
    awaited = label.event_tables if label.kind == "inactivity" else []
    tables = list(features.windows)
    scoring = [
        Node(
            snapshots.list_scoring_dates,
            ["coverage", "params:as_of"],
            "scoring_dates",
            name="list_scoring_dates",
        ),
        *_feature_nodes("scoring", "customer_features", tables, seen),
    ]
    training = [
        Node(
            snapshots.list_training_dates,
            ["coverage", "params:as_of", "params:snapshots", "params:label", "params:training"],
            "training_dates",
            name="list_training_dates",
        ),
        *_feature_nodes("training", "training_features", tables, seen),
        Node(
            labels.label_churn,
            [
                "training_features",
                "training_dates",
                "cancellations",
                "params:label",
                "params:features",
                *awaited,
            ],
            "labelled_features",
            name="label_churn",
        ),
    ]
    return Pipeline(
        [
            Pipeline(scoring, tags="scoring"),
            Pipeline(training, tags="training"),
            Pipeline(_dictionary_nodes(), tags=["scoring", "training"]),
        ],
        namespace="features",
        prefix_datasets_with_namespace=False,
    )


def _feature_nodes(
    purpose: str, features: str, tables: list[str], activity_tables: list[str]
) -> list[Node]:
    """The nodes that turn the dates of one purpose into its features."""
    snapshot, dates = f"{purpose}_snapshots", f"{purpose}_dates"
    looked_up = {lookup.function.__name__: lookup for lookup in LOOKUPS}
    outputs = [f"{purpose}_{name}" for name in looked_up]
    outputs += [f"{purpose}_aggregate_{table}" for table in tables]
    return [
        Node(
            snapshots.snapshot_customers,
            [
                dates,
                "customers",
                "cancellations",
                "params:eligibility",
                "params:label",
                "params:features",
                *activity_tables,
            ],
            snapshot,
            name=f"snapshot_{purpose}_customers",
        ),
        *[
            Node(
                lookup.function,
                [snapshot, lookup.table],
                f"{purpose}_{name}",
                name=f"{name}_for_{purpose}",
            )
            for name, lookup in looked_up.items()
        ],
        *[
            Node(
                nodes.aggregate_events(table),
                [snapshot, dates, table, "params:features"],
                f"{purpose}_aggregate_{table}",
                name=f"aggregate_{table}_for_{purpose}",
            )
            for table in tables
        ],
        Node(
            nodes.assemble_features,
            [snapshot, *outputs],
            features,
            name=f"assemble_features_for_{purpose}",
        ),
    ]


def _dictionary_nodes() -> list[Node]:
    return [
        Node(
            nodes.describe_features,
            "params:features",
            "data_dictionary",
            name="describe_features",
        ),
        Node(
            nodes.write_dictionary,
            "data_dictionary",
            "data_dictionary_page",
            name="write_dictionary",
        ),
    ]
