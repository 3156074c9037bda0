"""Parameters are frozen, reject unknown keys, and name the allowed values."""

from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel, RootModel, ValidationError

from kedro_asof.params import AsOf
from telco_churn.learning.fit_model import LEARNERS
from telco_churn.parameters import BLOCKS
from telco_churn.parameters.own_table import OwnTableParams
from telco_churn.parameters.renamed import RENAMED, find_renamed
from telco_churn.parameters.training import TrainingParams
from telco_churn.parameters.version import VersionParam
from tests.conftest import PROJECT, simulation_params


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
    with pytest.raises(ValidationError, match="expected the number of a registered version"):
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


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in (PROJECT / "conf").glob("*/parameters/*.yml"))
)
def test_a_file_holds_the_one_block_of_its_name_read_by_the_module_of_its_name(name: str) -> None:
    for path in (PROJECT / "conf").glob(f"*/parameters/{name}.yml"):
        assert list(yaml.safe_load(path.read_text())) == [name]
    of_libraries = {
        "as_of": "kedro_asof.params",
        "timezone": "kedro_asof.params",
        "readiness": "kedro_asof.readiness",
    }
    module = of_libraries.get(name, f"telco_churn.parameters.{name}")
    assert BLOCKS[name].__module__ == module


def test_each_learner_that_can_be_chosen_is_there() -> None:
    allowed = get_args(TrainingParams.model_fields["learner"].annotation)
    assert set(allowed) == set(LEARNERS)


def test_an_old_name_is_found_with_its_new_one() -> None:
    given = {
        "training": {"seed": 1, "gate": {"required_gain": 5}, "tuning": {"space": {}}},
        "gate": {"required_gain": 5},
    }
    assert find_renamed(given) == {
        "training.gate.required_gain": "gate.required_gain",
        "training.tuning.space": "tuning.space",
    }


def test_a_new_name_of_a_parameter_is_one_that_exists() -> None:
    for new in RENAMED.values():
        block, *path = new.split(".")
        model: Any = BLOCKS[block]
        for part in path:
            assert part in model.model_fields
            model = model.model_fields[part].annotation
