"""features: primary tables -> customer_features of `as_of`, and labelled_features to learn from.

The two branches compute the same features, on one date and on many; tags tell them apart, so that
scoring runs one and training the other. Which event tables there are is declared in parameters.
"""

from collections.abc import Sequence

from kedro.pipeline import Node, Pipeline

from kedro_asof.readiness import ReadinessParams
from kedro_asof.tags import DATED, EXCLUSIVE
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.features import labels, nodes, snapshots
from telco_churn.pipelines.features.static_features import STATIC_FEATURES


def create_pipeline(
    features: FeatureParams,
    label: LabelParams,
    eligibility: EligibilityParams,
    readiness: ReadinessParams,
) -> Pipeline:
    """Wire both branches, and the data dictionary.

    Args:
        features: One node for each event table of `windows`.
        label: Reads `event_tables` where it looks for inactivity.
        eligibility: Reads them where it asks for activity.
        readiness: The tables that scoring waits for.
    """
    tables = list(features.windows)
    seen = label.event_tables if eligibility.active_within_days is not None else []
    awaited = label.event_tables if label.kind == "inactivity" else []
    return Pipeline(
        [
            Pipeline(_scoring_nodes(tables, seen, list(readiness.sources)), tags="scoring"),
            Pipeline(_training_nodes(tables, seen, awaited), tags="training"),
            # Not with each date that is scored: dates at once would write one file.
            Pipeline(_dictionary_nodes(), tags="training"),
        ],
        namespace="features",
        prefix_datasets_with_namespace=False,
    )


def _scoring_nodes(tables: list[str], seen: list[str], awaited: list[str]) -> list[Node]:
    """The features of `as_of`."""
    dates = Node(
        snapshots.list_scoring_dates,
        {
            "coverage": "coverage",
            "as_of": "params:as_of",
            "readiness": "params:readiness",
            **{table: table for table in awaited},
        },
        "scoring_dates",
        name="list_scoring_dates",
    )
    return [dates, *_feature_nodes("scoring", "customer_features", tables, seen, tags=[DATED])]


def _training_nodes(tables: list[str], seen: list[str], awaited: list[str]) -> list[Node]:
    """The features of many dates, with what came after."""
    dates = Node(
        snapshots.list_training_dates,
        ["coverage", "params:as_of", "params:snapshots", "params:label", "params:training"],
        "training_dates",
        name="list_training_dates",
    )
    labelled = Node(
        labels.label_churn,
        [
            "training_features",
            "training_dates",
            "customers",
            "cancellations",
            "params:label",
            "params:features",
            *awaited,
        ],
        "labelled_features",
        name="label_churn",
        tags=EXCLUSIVE,
    )
    return [dates, *_feature_nodes("training", "training_features", tables, seen), labelled]


def _feature_nodes(
    purpose: str,
    features: str,
    tables: list[str],
    activity_tables: list[str],
    tags: Sequence[str] = (),
) -> list[Node]:
    """The nodes that turn the dates of one purpose into its features; the last has `tags`."""
    present = Node(
        snapshots.snapshot_customers,
        [
            f"{purpose}_dates",
            "customers",
            "cancellations",
            "params:eligibility",
            "params:label",
            "params:features",
            *activity_tables,
        ],
        f"{purpose}_snapshots",
        name=f"snapshot_{purpose}_customers",
    )
    groups = [*_lookup_nodes(purpose), *_window_nodes(purpose, tables)]
    assembled = Node(
        nodes.assemble_features,
        [f"{purpose}_snapshots", *(output for group in groups for output in group.outputs)],
        features,
        name=f"assemble_features_for_{purpose}",
        tags=tags,
    )
    return [present, *groups, assembled]


def _lookup_nodes(purpose: str) -> list[Node]:
    return [
        Node(
            lookup.function,
            [f"{purpose}_snapshots", lookup.table],
            f"{purpose}_{lookup.function.__name__}",
            name=f"{lookup.function.__name__}_for_{purpose}",
        )
        for lookup in STATIC_FEATURES
    ]


def _window_nodes(purpose: str, tables: list[str]) -> list[Node]:
    return [
        Node(
            nodes.aggregate_events(table),
            [f"{purpose}_snapshots", f"{purpose}_dates", table, "params:features"],
            f"{purpose}_aggregate_{table}",
            name=f"aggregate_{table}_for_{purpose}",
        )
        for table in tables
    ]


def _dictionary_nodes() -> list[Node]:
    described = Node(
        nodes.describe_features, "params:features", "data_dictionary", name="describe_features"
    )
    written = Node(
        nodes.write_dictionary, "data_dictionary", "data_dictionary_page", name="write_dictionary"
    )
    return [described, written]
