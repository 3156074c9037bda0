"""A run that would fail ends before it reads anything, with a message that explains the fix."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from kedro.validation import ParameterValidationError

from kedro_asof.datasets.engine_table import EngineStep
from kedro_asof.errors import WrongCallError
from kedro_asof.params import AsOf, Block
from kedro_asof.preflight import (
    SCHEMAS,
    check_dates,
    check_environment,
    check_parameters,
    check_runner,
)

DUCKDB = {"backend": "duckdb", "database": ":memory:"}


class Decision(Block):
    capacity: int


BLOCKS = {"as_of": AsOf, "decision": Decision}


def test_an_environment_without_a_folder_is_refused_with_those_that_have_one(
    tmp_path: Path,
) -> None:
    (tmp_path / "base").mkdir()
    (tmp_path / "local").mkdir()
    loader: Any = SimpleNamespace(conf_source=str(tmp_path), env=None, default_run_env="local")
    check_environment(loader)
    (tmp_path / SCHEMAS).mkdir()
    for env in ("nope", SCHEMAS):
        loader.env = env
        with pytest.raises(WrongCallError, match=rf"'{env}'. Expected one of \['base', 'local'\]"):
            check_environment(loader)


def test_a_missing_configuration_is_named_by_its_folder(tmp_path: Path) -> None:
    loader: Any = SimpleNamespace(conf_source=str(tmp_path / "conf"), env=None, default_run_env="x")
    with pytest.raises(
        WrongCallError, match=r"No configuration found: expected the folder .*/conf"
    ):
        check_environment(loader)


def test_parameters_are_refused_by_name_and_by_value() -> None:
    good = {"as_of": "2026-01-05", "decision": {"capacity": 1}}
    check_parameters(good, BLOCKS)
    with pytest.raises(ParameterValidationError, match=r"'as_off'. Did you mean 'as_of'\?"):
        check_parameters(good | {"as_off": 1}, BLOCKS)
    with pytest.raises(ParameterValidationError, match=r"'x' for decision\.capacity: .*integer"):
        check_parameters({"decision": {"capacity": "x"}}, BLOCKS)
    with pytest.raises(
        ParameterValidationError, match=r"capacity: .*; Unknown parameter 'decision\.size'"
    ):
        check_parameters({"decision": {"capacity": "x", "size": 2}}, BLOCKS)
    with pytest.raises(
        ParameterValidationError, match=r"^Missing parameter 'decision\.capacity'\."
    ):
        check_parameters({"decision": {}}, BLOCKS)
    with pytest.raises(
        ParameterValidationError, match=r"^Invalid value 'soon' for as_of: expected"
    ):
        check_parameters({"as_of": "soon"}, BLOCKS)


def test_a_catalog_of_another_date_is_refused_with_both_dates() -> None:
    entries = {"usage": {"filepath": "usage"}, "scores": {"as_of": "2026-09-28"}, "steps": "table"}
    check_dates(entries, "2026-09-28")
    with pytest.raises(ParameterValidationError) as error:
        check_dates(entries, "2026-08-17")
    message = str(error.value)
    assert "2026-08-17 in the parameters, 2026-09-28 in the catalog entry 'scores'" in message
    assert message.startswith("Conflicting as_of: ")
    assert "--params as_of=" in message
    assert "globals.yml" in message


def make() -> None:
    """Do nothing; the tests never run this node."""


def test_a_runner_that_would_fail_half_way_is_refused() -> None:
    steps = {name: EngineStep(table_name=name, connection=DUCKDB) for name in ("a", "b")}
    catalog = DataCatalog(steps)
    side_by_side = Pipeline([Node(make, None, name, name=name) for name in steps])
    check_runner("SequentialRunner", side_by_side, catalog)
    check_runner("ParallelRunner", side_by_side, catalog)
    with pytest.raises(ParameterValidationError, match=r"with ThreadRunner: .* one connection"):
        check_runner("ThreadRunner", side_by_side, catalog)
    closure = Pipeline([Node(lambda: None, None, "c", name="c")])
    check_runner("ThreadRunner", closure, catalog)
    with pytest.raises(ParameterValidationError, match=r"with ParallelRunner: .*Remove --runner"):
        check_runner("<kedro.runner.ParallelRunner object>", closure, catalog)
