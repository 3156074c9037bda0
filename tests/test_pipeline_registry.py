"""Pipelines and folders match the parameters of their session."""

from pathlib import Path
from typing import Any

import pytest
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.validation import ParameterValidationError

from kedro_asof.errors import WrongCallError
from telco_churn.pipeline_registry import create_pipelines, register_pipelines
from tests.conftest import copy_project

USAGE = "features.aggregate_usage_for_scoring"
PLANS = "features.aggregate_subscriptions_for_scoring"
WINDOW = {"date": "valid_from", "windows": [364], "measures": {"monthly_price": ["mean"]}}
OTHER_FEATURES: dict[str, Any] = {"features": {"windows": {"subscriptions": WINDOW}}}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy_project(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    bootstrap_project(tmp_path / "project")
    return tmp_path / "project"


def names_of(pipeline: str) -> set[str]:
    return {node.name for node in pipelines[pipeline].nodes}


def open_session(project: Path, params: dict[str, Any]) -> dict[str, Any]:
    with KedroSession.create(project, env="test", runtime_params=params) as session:
        return dict(session.load_context().config_loader["parameters"])


def test_a_second_session_in_one_process_has_pipelines_of_its_own(project: Path) -> None:
    open_session(project, OTHER_FEATURES)
    assert {USAGE, PLANS} <= names_of("scoring")
    open_session(project, {})
    assert USAGE in names_of("scoring")
    assert PLANS not in names_of("scoring")


def test_with_and_without_a_session_they_are_the_same(project: Path) -> None:
    base = {name: set(map(str, each.nodes)) for name, each in register_pipelines().items()}
    parameters = open_session(project, {})
    made = {name: set(map(str, each.nodes)) for name, each in create_pipelines(parameters).items()}
    assert made == base == {name: set(map(str, pipelines[name].nodes)) for name in pipelines}


def test_a_run_builds_only_the_pipelines_that_it_names(project: Path) -> None:
    parameters = open_session(project, {})
    made, named = (
        create_pipelines(parameters),
        create_pipelines(parameters, names=["scoring", "scorn"]),
    )
    assert [*named] == ["scoring"]
    assert [*map(str, named["scoring"].nodes)] == [*map(str, made["scoring"].nodes)]


def test_an_environment_may_have_some_of_the_pipelines(project: Path) -> None:
    parameters = open_session(project, {})
    some = create_pipelines(parameters, available=["scoring", "ingestion", "rollback"])
    assert set(some) == {"scoring", "ingestion", "rollback", "__default__"}
    assert set(some["__default__"].nodes) == {*some["scoring"].nodes, *some["ingestion"].nodes}
    with pytest.raises(WrongCallError, match=r"'scorin'\. Did you mean 'scoring'"):
        create_pipelines(parameters, available=["scorin"])


def dates_of(project: Path, **params: str) -> tuple[str, str]:
    """Return the date of the nodes and the date of a folder."""
    with KedroSession.create(project, env="test", runtime_params=params) as session:
        catalog = session.load_context().catalog
    folder = catalog["customer_features"].local_path.parent.name
    return str(catalog.load("params:as_of")), folder.removeprefix("as_of=")


def test_nodes_and_folders_have_one_date_from_globals_or_params(project: Path) -> None:
    assert dates_of(project) == ("2026-09-28", "2026-09-28")
    assert dates_of(project, as_of="2026-08-31") == ("2026-08-31", "2026-08-31")
    with (project / "conf" / "test" / "globals.yml").open("a") as file:
        file.write('as_of: "2026-08-10"\n')
    assert dates_of(project) == ("2026-08-10", "2026-08-10")
    assert dates_of(project, as_of="2026-08-31") == ("2026-08-31", "2026-08-31")


def test_a_date_in_a_parameters_file_is_refused_where_folders_have_another(project: Path) -> None:
    file = project / "conf" / "test" / "parameters" / "as_of.yml"
    file.write_text('as_of: "2026-08-17"\n')
    with pytest.raises(ParameterValidationError, match=r"2026-08-17 in .* 2026-09-28 in"):
        dates_of(project)
