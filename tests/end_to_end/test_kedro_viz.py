"""Kedro-Viz draws every pipeline in the order of its layers, and shows tables and plots."""

import os
import sys
from collections.abc import Iterator

import pyarrow.parquet as pq
import pytest
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro_viz.data_access import data_access_manager
from kedro_viz.models.flowchart.node_metadata import DataNodeMetadata
from kedro_viz.models.flowchart.nodes import DataNode
from kedro_viz.server import load_and_populate_data

from tests.conftest import PROJECT, ProjectCopy

LAYERS = [
    "raw",
    "intermediate",
    "primary",
    "feature",
    "model_input",
    "evaluation",
    "models",
    "model_output",
    "reporting",
]
ENVIRONMENTS = sorted(path.parent.name for path in (PROJECT / "conf").glob("*/globals.yml"))
ENVIRONMENTS.remove("base")
OWN_TABLE = {"own_table": {"table": "table.csv", "target": "churned"}}


@pytest.fixture(autouse=True)
def _own_repository(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each test fill Kedro-Viz anew, and give other tests all pipelines again."""
    monkeypatch.setattr(sys, "argv", ["kedro", "viz", "run"])
    data_access_manager.reset_fields()
    yield
    data_access_manager.reset_fields()
    bootstrap_project(PROJECT)


def open_viz(project: ProjectCopy, env: str = "test") -> None:
    params = OWN_TABLE if env == "own_table" else {}
    load_and_populate_data(project.path, env=env, include_hooks=True, extra_params=params)


def show(dataset: str) -> DataNodeMetadata:
    """Return what the side panel shows for a dataset."""
    nodes = data_access_manager.nodes.as_list()
    (node,) = [one for one in nodes if isinstance(one, DataNode) and one.name == dataset]
    return DataNodeMetadata(data_node=node)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_pipeline_has_its_layers_in_order(
    project: ProjectCopy, env: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Kedro-Viz orders layers by the edges of the graph, and logs a warning about a circle."""
    open_viz(project, env)
    for name in pipelines:
        order = data_access_manager.get_sorted_layers_for_registered_pipeline(name)
        nodes = data_access_manager.get_nodes_for_registered_pipeline(name)
        drawn = {node.layer for node in nodes if isinstance(node, DataNode) and node.layer}
        assert [layer for layer in order if layer in drawn] == [
            layer for layer in LAYERS if layer in drawn
        ], name
    assert [record for record in caplog.records if record.levelname != "INFO"] == []


def test_a_whole_run_has_every_layer(project: ProjectCopy) -> None:
    open_viz(project)
    layers = data_access_manager.get_sorted_layers_for_registered_pipeline("__default__")
    assert layers == LAYERS


def test_only_pipelines_of_the_environment_are_drawn(project: ProjectCopy) -> None:
    open_viz(project)
    assert "own_table" not in pipelines
    open_viz(project, "own_table")
    assert set(pipelines["own_table"].nodes) == set(pipelines["__default__"].nodes)


def test_the_size_of_a_table_is_what_lies_in_its_files(project: ProjectCopy) -> None:
    scores = project.data / "07_model_output" / "churn_scores"
    open_viz(project)
    for dataset, path in {
        "raw_usage": "01_raw/usage",
        "customers": "03_primary/customers.parquet",
        "held_out_predictions": "07_model_output/held_out_predictions.parquet",
        "churn_scores": "07_model_output/churn_scores",
    }.items():
        table = pq.read_table(project.data / path)
        assert show(dataset).stats == {
            "rows": table.num_rows,
            "columns": table.num_columns,
            "file_size": _count_bytes(project, path),
        }
    assert show("contact_list_csv").stats["rows"] == show("contact_list").stats["rows"]
    assert show("score_history").stats["rows"] == len([*scores.glob("_delta_log/*.json")])
    assert show("decile_table").stats["rows"] == 10
    assert show("run_summary").stats is None


def test_sizes_are_those_of_the_environment_that_is_drawn(project: ProjectCopy) -> None:
    open_viz(project)
    assert show("customers").stats["rows"] > 0
    data_access_manager.reset_fields()
    open_viz(project, "local")  # nothing was run there
    assert show("customers").stats is None


def test_a_broken_table_is_drawn_without_its_size(project: ProjectCopy) -> None:
    (project.data / "03_primary" / "customers.parquet").write_bytes(b"no table")
    open_viz(project)
    assert show("customers").stats is None


def test_paths_are_those_of_the_catalog(project: ProjectCopy) -> None:
    """Kedro-Viz removes the first slash of a path, so that an absolute one would be wrong."""
    project.edit(
        "conf/base/catalog/evaluation.yml",
        "${globals:data}/08_reporting/decile_table.csv",
        "/elsewhere/decile_table.csv",
    )
    open_viz(project)
    for dataset, path in {
        "customers": "03_primary/customers.parquet",
        "churn_scores": "07_model_output/churn_scores",
        "model_card": "08_reporting/model_card.md",
        "roc_plot": "08_reporting/plots/roc_plot.png",
    }.items():
        assert show(dataset).filepath == f"data/test/{path}"
        assert (project.path / show(dataset).filepath).exists()
    assert show("decile_table").filepath == "file:///elsewhere/decile_table.csv"


def test_the_plots_are_shown(project: ProjectCopy) -> None:
    open_viz(project)
    plots = {file.stem for file in (project.data / "08_reporting" / "plots").glob("*.png")}
    assert len(plots) == 8
    assert {show(plot).preview_type for plot in plots} == {"ImagePreview"}


def _count_bytes(project: ProjectCopy, path: str) -> int:
    place = project.data / path
    files = [place] if place.is_file() else [*place.rglob("*.parquet")]
    return sum(os.stat(file).st_size for file in files if "_delta_log" not in file.parts)
