"""Find the features of a model in the table of a user. In: any frame. Out: the features alone."""

from collections.abc import Mapping, Sequence

import pandas as pd

from telco_churn.model.encoding import FeatureMismatchError


def select_features(
    frame: pd.DataFrame, features: Sequence[str], source_columns: Mapping[str, str]
) -> tuple[pd.DataFrame, list[str]]:
    """Select features by their names, or by the names of the columns they were read from.

    A name may mean one column in a user's file and another feature: of the columns `Fee` and
    `fee`, the second is the feature `fee_2`. A frame with all columns of the file is therefore
    read by their names, and otherwise a frame with all features by theirs.

    Args:
        frame: Rows with further columns or not, in any order.
        features: Names of the features.
        source_columns: Name of the column in the user's file, by feature.

    Returns:
        The features under their names, and the names of the columns that were left out.

    Raises:
        FeatureMismatchError: If a column is missing or occurs twice.
    """
    found = {str(name) for name in frame.columns}
    sources = {feature: source_columns.get(feature, feature) for feature in features}
    if not found.issuperset(sources.values()):
        sources = _use_feature_names(found, sources)
    missing = [name for name in sources.values() if name not in found]
    if missing:
        raise FeatureMismatchError(
            f"Missing columns {missing}: the model reads {list(sources.values())}. Add them; a "
            "column may be empty."
        )
    used = frame.loc[:, [str(name) in sources.values() for name in frame.columns]]
    used = used.set_axis(used.columns.astype(str), axis="columns")
    repeated = sorted(set(used.columns[used.columns.duplicated()]))
    if repeated:
        raise FeatureMismatchError(
            f"Repeated columns {repeated}: expected each once. Rename or remove one of them."
        )
    selected = used[list(sources.values())].set_axis(list(sources), axis="columns")
    return selected, [str(name) for name in frame.columns if str(name) not in sources.values()]


def _use_feature_names(found: set[str], sources: Mapping[str, str]) -> dict[str, str]:
    """Name the column of each feature in a frame that lacks columns of the file."""
    if found.issuperset(sources):
        return {feature: feature for feature in sources}
    return {
        feature: feature
        if source not in found and feature in found and feature not in sources.values()
        else source
        for feature, source in sources.items()
    }
