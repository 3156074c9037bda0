"""features: primary tables -> customer_features of `as_of`, and labeled_features for training.

Two branches compute the same features, one for a single date and one for many. The tags `scoring`
and `training` select a branch. The parameters declare the event tables.
"""

from collections.abc import Mapping, Sequence

from kedro.pipeline import Node, Pipeline

from kedro_asof.readiness import ReadinessParams
from kedro_asof.tags import DATED, EXCLUSIVE
from telco_churn.parameters.eligibility import EligibilityParams
from telco_churn.parameters.features import FeatureParams
from telco_churn.parameters.label import LabelParams
from telco_churn.pipelines.features import labels, nodes, snapshots, tiles
from telco_churn.pipelines.features.static_features import StaticFeatures, list_static_features

Lookups = Sequence[StaticFeatures]
Tables = Mapping[str, bool]  # whether an event table has tiles, by its name


def create_pipeline(
    features: FeatureParams,
    label: LabelParams,
    eligibility: EligibilityParams,
    readiness: ReadinessParams,
) -> Pipeline:
    """Wire both branches, and the data dictionary.

    Args:
        features: One node for each event table of `windows`.
        label: Its `event_tables` are inputs if the label is inactivity.
        eligibility: The same tables are inputs if customers must be active.
        readiness: The tables that must reach the date to score.
    """
    lookups = list_static_features(features.absent)
    tables = {table: table in features.tiled_tables for table in features.windows}
    seen = label.event_tables if eligibility.active_within_days is not None else []
    awaited = label.event_tables if label.kind == "inactivity" else []
    sources = [table for table in readiness.sources if table not in features.absent]
    return Pipeline(
        [
            Pipeline(_scoring_nodes(lookups, tables, seen, sources), tags="scoring"),
            Pipeline(_training_nodes(lookups, tables, seen, awaited), tags="training"),
            # Scoring does not run these nodes: parallel dates would write the same file.
            Pipeline(_dictionary_nodes(), tags="training"),
        ],
        namespace="features",
        prefix_datasets_with_namespace=False,
    )


def _scoring_nodes(
    lookups: Lookups, tables: Tables, seen: list[str], awaited: list[str]
) -> list[Node]:
    """Return the nodes that compute the features of `as_of`."""
    dates = Node(
        snapshots.list_scoring_dates,
        {
            "coverage": "coverage",
            "as_of": "params:as_of",
            "readiness": "params:readiness",
            "clock": "clock",
            **{table: table for table in awaited},
        },
        "scoring_dates",
        name="list_scoring_dates",
    )
    return [
        dates,
        *_feature_nodes("scoring", "customer_features", lookups, tables, seen, tags=[DATED]),
    ]


def _training_nodes(
    lookups: Lookups, tables: Tables, seen: list[str], awaited: list[str]
) -> list[Node]:
    """Return the nodes that compute and label the features of past dates."""
    dates = Node(
        snapshots.list_training_dates,
        [
            "coverage",
            "params:as_of",
            "params:snapshots",
            "params:label",
            "params:training",
            "clock",
        ],
        "training_dates",
        name="list_training_dates",
    )
    labeled = Node(
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
        "labeled_features",
        name="label_churn",
        tags=EXCLUSIVE,
    )
    return [dates, *_feature_nodes("training", "training_features", lookups, tables, seen), labeled]


def _feature_nodes(
    purpose: str,
    features: str,
    lookups: Lookups,
    tables: Tables,
    activity_tables: list[str],
    tags: Sequence[str] = (),
) -> list[Node]:
    """Return the nodes that compute the features of one branch; the last node gets `tags`."""
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
    groups = [*_lookup_nodes(purpose, lookups), *_window_nodes(purpose, tables)]
    looked_up = [f"{purpose}_{lookup.function.__name__}" for lookup in lookups]
    aggregated = [f"{purpose}_aggregate_{table}" for table in tables]
    assembled = Node(
        nodes.assemble_features,
        [f"{purpose}_snapshots", *looked_up, *aggregated],
        features,
        name=f"assemble_features_for_{purpose}",
        tags=tags,
    )
    return [present, *groups, assembled]


def _lookup_nodes(purpose: str, lookups: Lookups) -> list[Node]:
    return [
        Node(
            lookup.function,
            [f"{purpose}_snapshots", lookup.table],
            f"{purpose}_{lookup.function.__name__}",
            name=f"{lookup.function.__name__}_for_{purpose}",
        )
        for lookup in lookups
    ]


def _window_nodes(purpose: str, tables: Tables) -> list[Node]:
    made = [_update_tiles(purpose, table) for table, has_tiles in tables.items() if has_tiles]
    aggregated = [
        Node(
            nodes.aggregate_events(table),
            [
                f"{purpose}_snapshots",
                f"{purpose}_dates",
                table,
                "params:features",
                *([f"{purpose}_{table}_tiles"] if has_tiles else []),
            ],
            f"{purpose}_aggregate_{table}",
            name=f"aggregate_{table}_for_{purpose}",
        )
        for table, has_tiles in tables.items()
    ]
    return [*made, *aggregated]


def _update_tiles(purpose: str, table: str) -> Node:
    """Return the node that makes missing tiles.

    The tiles before the run are loaded before the events, so that a tile is never recorded as newer
    than its rows.
    """
    return Node(
        tiles.update_tiles(table),
        [f"{purpose}_dates", f"{table}_tiles_before", table, "params:features"],
        f"{purpose}_{table}_tiles",
        name=f"update_{table}_tiles_for_{purpose}",
    )


def _dictionary_nodes() -> list[Node]:
    described = Node(
        nodes.describe_features, "params:features", "data_dictionary", name="describe_features"
    )
    written = Node(
        nodes.write_dictionary, "data_dictionary", "data_dictionary_page", name="write_dictionary"
    )
    titled = Node(nodes.title_features, "data_dictionary", "feature_titles", name="title_features")
    return [described, written, titled]
