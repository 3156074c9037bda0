"""Features are found by their names, or by those of the columns in a user's file."""

import pandas as pd
import pytest

from telco_churn.model.encoding import FeatureMismatchError
from telco_churn.model.feature_selection import select_features

FEATURES = ["fee", "fee_2", "plan"]
SOURCES = {"fee": "Fee", "fee_2": "fee", "plan": "Plan type"}


def frame(*names: object) -> pd.DataFrame:
    """Return one row that holds the position of each column."""
    return pd.DataFrame([range(len(names))], columns=list(names))


@pytest.mark.parametrize(
    ("names", "taken", "left"),
    [
        (["fee", "fee_2", "plan"], [0, 1, 2], []),
        (["plan", "other", "fee_2", "fee"], [3, 2, 0], ["other"]),
        (["Fee", "fee", "Plan type"], [0, 1, 2], []),
        (["Plan type", "fee", 7, "Fee"], [3, 1, 0], ["7"]),
        (["Fee", "fee", "plan"], [0, 1, 2], []),
        (["Fee", "fee", "Plan type", "fee_2", "plan"], [0, 1, 2], ["fee_2", "plan"]),
    ],
)
def test_a_frame_is_read_by_either_names(
    names: list[object], taken: list[int], left: list[str]
) -> None:
    features, extra = select_features(frame(*names), FEATURES, SOURCES)
    assert list(features.columns) == FEATURES
    assert features.iloc[0].tolist() == taken
    assert extra == left


def test_a_column_of_another_feature_is_never_taken() -> None:
    with pytest.raises(FeatureMismatchError, match=r"Missing columns \['Fee'\]: the model reads"):
        select_features(frame("fee", "Plan type"), FEATURES, SOURCES)


def test_columns_that_are_missing_or_repeated_are_named() -> None:
    with pytest.raises(FeatureMismatchError, match=r"Missing columns \['fee_2', 'plan'\]"):
        select_features(frame("fee"), FEATURES, {})
    with pytest.raises(FeatureMismatchError, match=r"Repeated columns \['plan'\]"):
        select_features(frame("fee", "fee_2", "plan", "plan"), FEATURES, {})
    assert select_features(frame("a", "b", "b"), ["a"], {})[1] == ["b", "b"]
