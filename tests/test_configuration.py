"""Every environment of conf/ resolves, and every persisted table names its contract."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pytest
import yaml
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.framework.startup import bootstrap_project
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node
from kedro.validation.core import resolve_validator
from kedro.validation.type_extractor import TypeExtractor
from kedro_datasets.ibis import TableDataset

from kedro_asof.contracts.row_rules import CHECKS
from kedro_asof.datasets.engine_table import EngineStep, EngineTable
from kedro_asof.errors import BrokenContractError
from kedro_asof.preflight import SCHEMAS
from kedro_asof.tags import DATED, DELIVERY, EXCLUSIVE
from telco_churn import contracts
from telco_churn.parameters import BLOCKS
from telco_churn.pipeline_registry import register_pipelines
from tests.conftest import PROJECT, ProjectCopy, copy_project

pytestmark = pytest.mark.xdist_group("configuration")  # creates its fixtures once

ENVIRONMENTS = sorted(
    folder.name
    for folder in (PROJECT / "conf").iterdir()
    if folder.is_dir() and folder.name not in {"base", SCHEMAS}
)
OWN_TABLE = {"own_table": {"table": "table.csv", "target": "churned"}}
# Persisted datasets that are not tables: models, text, numbers, figures, the time.
EVENTS = ("usage", "invoices", "contacts", "cancellations")
WITHOUT_CONTRACT = {
    "calibration_plot",
    "champion_comparison",
    "champion",
    "churn_model",
    # Inputs of a run: tables as they were before it, and keys of rows that have a contract.
    "customers_before",
    *(f"{table}_before" for table in EVENTS),
    *(f"{table}_keys_to_settle" for table in EVENTS),
    # Aggregates, whose columns follow from the declared features.
    "usage_tiles_before",
    "scoring_usage_tiles",
    "training_usage_tiles",
    "churn_scores",  # the dataset checks `contract` itself, in its staging folder
    "clock",
    "contact_list_csv",  # written from contact_list, which has a contract
    "data_dictionary_page",
    "delivered_scores",  # rows of churn_scores, which has a contract
    "decile_plot",
    "evaluation_metrics",
    "feature_titles",
    "git_commit",
    "importance_plot",
    "previous_champion",
    "champion_version",
    "lightgbm_params",
    "learning_plot",
    "model_card",
    "model_card_page",
    "precision_recall_plot",
    "training_summary",
    "profit_plot",
    "promotion",
    "registered_versions",
    "roc_plot",
    "run_summary",
    "score_history",
    "slice_plot",
    "tuning_studies",
    "user",
}


@pytest.fixture(scope="module", params=["base", *ENVIRONMENTS])
def catalog(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, DataCatalog]]:
    project = ProjectCopy(tmp_path_factory.mktemp("configuration") / "project")
    copy_project(project.path)
    bootstrap_project(project.path)
    params = OWN_TABLE if request.param == "own_table" else {}
    with (
        pytest.MonkeyPatch.context() as patch,
        KedroSession.create(project.path, env=request.param, runtime_params=params) as session,
    ):
        patch.chdir(project.path)
        yield request.param, session.load_context().catalog


def test_every_dataset_of_every_pipeline_resolves(catalog: tuple[str, DataCatalog]) -> None:
    env, datasets = catalog
    for name in _pipelines_of(env):
        for dataset in sorted(pipelines[name].datasets()):
            if not dataset.startswith("params:"):
                assert datasets.get(dataset) is not None


def test_every_kept_table_names_a_contract_that_exists(catalog: tuple[str, DataCatalog]) -> None:
    env, datasets = catalog
    kept = {
        dataset
        for name in _pipelines_of(env)
        for dataset in pipelines[name].datasets()
        if not dataset.startswith("params:")
        and not isinstance(datasets.get(dataset), MemoryDataset | EngineStep)
    }
    specs = datasets.validator_specs
    own = {name for name in kept if getattr(datasets.get(name), "contract", None)}
    assert kept - set(specs) - own == WITHOUT_CONTRACT & kept
    for dataset in kept & set(specs):
        assert resolve_validator(specs[dataset])


def test_what_lies_with_its_date_is_what_dated_nodes_write(
    catalog: tuple[str, DataCatalog],
) -> None:
    env, datasets = catalog
    as_of = str(datasets.load("params:as_of"))
    nodes = {node for name in _pipelines_of(env) for node in pipelines[name].nodes}
    places = {name: str(datasets.get(name)) for node in nodes for name in node.outputs}
    lie_with_date = {name for name, place in places.items() if as_of in place}
    written = {tag: _outputs(nodes, tag) for tag in (DATED, DELIVERY, EXCLUSIVE)}
    assert written[DATED] == lie_with_date >= written[DELIVERY]
    to_database = {"delivered_scores"} if env == "postgres" else set()
    assert written[DELIVERY] == {"contact_list", "contact_list_csv"} | to_database
    of_operator = {"labeled_features"} - ({"labeled_features"} if env == "own_table" else set())
    assert written[EXCLUSIVE] == of_operator | {"training_examples", "promotion", "churn_model"}
    assert not written[EXCLUSIVE] & lie_with_date


def _outputs(nodes: set[Node], tag: str) -> set[str]:
    return {name for node in nodes if tag in node.tags for name in node.outputs}


def test_no_table_of_one_environment_lies_where_another_keeps_its_own() -> None:
    places = [
        place
        for env in ("base", *ENVIRONMENTS)
        if (path := PROJECT / "conf" / env / "globals.yml").exists()
        # an environment without `data` uses another engine for the same tables
        and (place := yaml.safe_load(path.read_text()).get("data"))
    ]
    assert len(places) == len(set(places)) >= 2


def test_an_environment_of_another_engine_changes_no_table_and_no_parameter() -> None:
    files = [path.name for path in (PROJECT / "conf" / "spark").rglob("*.yml")]
    assert files == ["globals.yml"]


@pytest.mark.parametrize("catalog", ["production"], indirect=True)
def test_production_leaves_no_table_in_a_file_but_the_scores(
    catalog: tuple[str, DataCatalog],
) -> None:
    env, datasets = catalog
    used = {name for pipeline in _pipelines_of(env) for name in pipelines[pipeline].datasets()}
    files = {name for name in used if isinstance(datasets.get(name), EngineTable)}
    # Tables of the sample operator, and intermediate tables of scoring.
    assert files <= {
        "true_hazard",
        "churn_predictions",
        "contact_reasons",
        "contact_list",
        "contact_list_csv",
    }
    assert isinstance(datasets.get("usage"), TableDataset)


def test_every_parameter_is_typed_by_the_model_of_its_name() -> None:
    required = TypeExtractor(dict(pipelines)).extract_types_from_pipelines()
    assert {name: BLOCKS[name] for name in required} == required
    assert set(required) == set(BLOCKS)


def test_every_rule_of_a_primary_contract_is_one_that_ingestion_can_judge() -> None:
    primary = ("Customers", "Subscriptions", "Usage", "Invoices", "Contacts", "Cancellations")
    for name in primary:
        schema = getattr(contracts, name).to_schema()
        checks = {check.name for column in schema.columns.values() for check in column.checks}
        assert checks <= set(CHECKS)
        assert schema.unique


def test_customers_behind_ingestion_cannot_hold_an_identifier(put: Any) -> None:
    import pyarrow as pa  # noqa: PLC0415

    table: ir.Table = put(pa.table({"customer_id": ["a"], "email": ["a@example.org"]}))
    with pytest.raises(BrokenContractError, match=r"unknown \['email'\]"):
        contracts.Customers.validate(table)
    with pytest.raises(BrokenContractError, match=r"identifiers \['email'\]"):
        contracts.CustomerFeatures.validate(table)


def _pipelines_of(env: str) -> list[str]:
    if env == "own_table":
        return ["own_table"]
    return [name for name in pipelines if name != "own_table"]


@pytest.mark.parametrize(
    "pipeline",
    [
        "__default__",
        "own_table",
    ],
)
def test_a_commit_is_planned_once_the_champion_is_appointed(pipeline: str) -> None:
    """The plan holds the start time of scoring and the commit that it replaces."""
    bootstrap_project(PROJECT)
    order = [node.name for node in register_pipelines()[pipeline].nodes]
    planned, appointed = order.index("scoring.plan_commit"), order.index("release.appoint_champion")
    assert appointed < planned < order.index("scoring.explain_contacts")


def test_without_a_session_pipelines_follow_conf_base_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of another environment does not need conf/local and ignores faults in it."""
    copy_project(tmp_path / "project")
    bootstrap_project(tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    local = Path("conf/local")
    (local / "parameters.yml").write_text("features: nonsense")
    expected = {name: found.nodes for name, found in register_pipelines().items()}
    shutil.rmtree(local)
    assert {name: found.nodes for name, found in register_pipelines().items()} == expected
    assert "training" in expected
    shutil.rmtree("conf")
    assert register_pipelines() == {}
