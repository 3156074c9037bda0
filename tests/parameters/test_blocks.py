"""Parameters are frozen, know all of their keys, and say what is allowed."""

from typing import Any

import pytest
from pydantic import BaseModel, RootModel, ValidationError

from kedro_asof.params import AsOf
from telco_churn.parameters import BLOCKS, OwnTableParams, VersionParam
from tests.conftest import simulation_params


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS.values() if not issubclass(block, RootModel)]
)
def test_a_block_refuses_a_key_that_it_does_not_know(block: type[BaseModel]) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        block.model_validate({"no_such_key": 1})


def test_a_block_cannot_change_during_a_run() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        simulation_params().customers = 3  # type: ignore[misc]


@pytest.mark.parametrize("text", ["2026-13-01", "28.09.2026", "", "None", "2026-09-28T00:00"])
def test_as_of_is_a_date_and_nothing_else(text: str) -> None:
    with pytest.raises(ValidationError, match="YYYY-MM-DD"):
        AsOf.model_validate(text)


@pytest.mark.parametrize("given", ["0", "-1", "1.5", "latest", "", True])
def test_a_version_is_the_number_of_one(given: object) -> None:
    assert VersionParam.model_validate("3").number == 3
    with pytest.raises(ValidationError, match="must be the number of a registered version"):
        VersionParam.model_validate(given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"drop": "a;b c; "}, ("drop", ("a", "b c"))),
        ({"drop": ""}, ("drop", ())),
        ({"id": ""}, ("id", None)),
        ({"id": 7}, ("id", "7")),
        ({"positive": 1}, ("positive", "1")),
    ],
)
def test_what_the_command_line_gives_is_read_as_meant(
    given: dict[str, Any], expected: tuple[str, Any]
) -> None:
    params = OwnTableParams.model_validate(
        {"table": "t.csv", "target": "y", "positive": "Yes"} | given
    )
    assert getattr(params, expected[0]) == expected[1]


def test_a_positive_that_yaml_read_as_a_boolean_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValidationError, match="Quote it"):
        OwnTableParams.model_validate({"table": "t.csv", "target": "y", "positive": True})
