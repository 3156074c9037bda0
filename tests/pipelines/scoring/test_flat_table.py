"""A champion scores only the flat table it was trained on; another one is refused."""

from types import SimpleNamespace
from typing import Any, cast

import ibis
import pandas as pd
import pytest

from telco_churn.model.encoding import FeatureEncoding, FeatureMismatchError
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.pipelines.scoring.flat_table import find_misfits, predict_table_churn

LEARNED_FROM = pd.DataFrame({"visits": [1.0, 2.0], "spent": [0.5, None], "plan": ["a", "b"]})
ENCODING = FeatureEncoding.fit(LEARNED_FROM)


@pytest.mark.parametrize(
    ("change", "lacking", "retyped"),
    [
        ({}, [], []),
        ({"more": 1.0}, [], []),
        ({"visits": ["x", "y"]}, [], ["visits"]),
        ({"plan": [1.0, 2.0]}, [], ["plan"]),
    ],
)
def test_columns_that_the_champion_cannot_read_are_found(
    change: dict[str, Any], lacking: list[str], retyped: list[str]
) -> None:
    table = ibis.memtable(LEARNED_FROM.assign(**change))
    assert find_misfits(table, ENCODING) == (lacking, retyped)
    assert find_misfits(table.drop("spent"), ENCODING) == (["spent", *lacking], retyped)


def test_the_error_names_the_table_and_both_fixes() -> None:
    champion = SimpleNamespace(
        name="own_table_churn", version=3, model=SimpleNamespace(encoding=ENCODING)
    )
    other = ibis.memtable(pd.DataFrame({"visits": ["x"], "color": ["red"]}))
    table = OwnTableParams(table="bank.csv", target="left", positive="1")
    unused: Any = None
    with pytest.raises(FeatureMismatchError) as refused:
        predict_table_churn(other, cast(Any, champion), table, unused, unused, unused)
    for part in (
        "Champion version 3 of own_table_churn cannot score bank.csv",
        "the columns ['plan', 'spent'], which are missing",
        "['visits'], which have another kind",
        "--env own_table --pipelines promote --params version=N,own_table.name=churn`",
        "another own_table.name",
    ):
        assert part in str(refused.value)
    assert "features.yml" not in str(refused.value)
