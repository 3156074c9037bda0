"""Kedro-Viz draws every pipeline in layers, from raw to reporting, and shows the plots."""

import pytest
from kedro.framework.project import pipelines
from kedro.framework.startup import bootstrap_project
from kedro_viz.data_access import data_access_manager
from kedro_viz.models.flowchart.node_metadata import DataNodeMetadata
from kedro_viz.server import load_and_populate_data

from tests.conftest import ProjectCopy

IN_ORDER = [
    "raw",
    "intermediate",
    "primary",
    "feature",
    "model_input",
    "evaluation",
    "models",
    "model_output",
]
PLOTS = {
    "roc_curve",
    "precision_recall_curve",
    "calibration_plot",
    "decile_plot",
    "profit_plot",
    "importance_plot",
    "slice_plot",
    "learning_curve",
}


@pytest.fixture(autouse=True)
def _load(project: ProjectCopy) -> None:
    bootstrap_project(project.path)
    load_and_populate_data(project.path, env="test")


def test_a_whole_run_is_drawn_in_layers() -> None:
    layers = data_access_manager.get_sorted_layers_for_registered_pipeline("__default__")
    assert [layer for layer in layers if layer in IN_ORDER] == IN_ORDER
    assert set(layers) == {*IN_ORDER, "reporting"}


def test_every_pipeline_is_drawn_in_layers() -> None:
    """Kedro-Viz draws no layers at all if they depend on each other in a circle."""
    for name in pipelines:
        assert data_access_manager.get_sorted_layers_for_registered_pipeline(name), name


def test_the_plots_are_shown() -> None:
    nodes = data_access_manager.get_nodes_for_registered_pipeline("training")
    shown = {
        node.name: DataNodeMetadata(data_node=node).preview_type
        for node in nodes
        if node.name in PLOTS
    }
    assert shown == dict.fromkeys(PLOTS, "ImagePreview")
