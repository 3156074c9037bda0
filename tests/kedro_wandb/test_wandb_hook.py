"""The `.wandb` file of a run contains everything that the configuration asks for."""

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.kedro_wandb.tiny_project import RAW, TinyProject
from tests.wandb_files import WrittenRun

pytestmark = pytest.mark.xdist_group("wandb_hook")  # one worker, so its fixtures are made once

SECRETS = {value for line in RAW.splitlines()[1:] for value in line.split(",")[:2]}
RUNNERS = (
    "SequentialRunner",
    pytest.param("ThreadRunner", marks=pytest.mark.slow),
    pytest.param("ParallelRunner", marks=pytest.mark.slow),
)


@pytest.fixture(scope="module", params=RUNNERS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> WrittenRun:
    project = TinyProject.write(tmp_path_factory.mktemp("tiny"))
    run = project.run(request.param)
    assert run.exit_code == 0, run.output
    assert "did not track" not in run.output
    (folder,) = project.find_runs()
    return WrittenRun(folder)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> TinyProject:
    return TinyProject.write(tmp_path_factory.mktemp("one"))


def test_parameters_pipelines_tags_and_versions_are_fields_of_the_run(written: WrittenRun) -> None:
    assert written.config["rate"] == 2.0
    assert written.config["as_of"] == "2026-09-28"
    assert written.config["kedro"]["pipelines"] == ["tiny"]
    assert written.config["environment"]["packages"]["kedro"] == version("kedro")
    assert written.config["git_commit"] is None  # the tiny project is outside any repository
    assert written.run.run_group == "tiny"
    assert set(written.run.tags) == {"tiny", "first", "second", "local"}


def test_metrics_are_in_history_and_summary(written: WrittenRun) -> None:
    (logged,) = [row for row in written.history if "test_mean" in row]
    assert (logged["test_mean"], logged["test_deep.rows"]) == (9.0, 7)
    assert written.summary["test_mean"] == 9.0


def test_a_table_of_a_dataset_factory_has_its_first_rows_without_redacted_columns(
    written: WrittenRun,
) -> None:
    table = written.tables()["scored_2026"]
    assert table["columns"] == ["day", "amount"]
    assert table["data"] == [["2026-01-01", 3.0], ["2026-01-02", 5.0], ["2026-01-03", 7.0]]


def test_a_dataset_that_a_glob_names_is_logged_as_a_picture(written: WrittenRun) -> None:
    (logged,) = [row["amounts_plot"] for row in written.history if "amounts_plot" in row]
    assert (logged["_type"], logged["caption"]) == ("image-file", "Amounts")
    picture = (written.folder / "files" / logged["path"]).read_bytes()
    assert picture == (written.folder.parents[1] / "data" / "plot.png").read_bytes()


def test_a_plot_has_its_table_and_its_fields(written: WrittenRun) -> None:
    assert written.tables()["prepared_table"]["columns"] == ["day", "amount"]
    charts = json.dumps(written.config["_wandb"]["visualize"]["prepared"])
    assert '\\"x\\": \\"day\\"' in charts or '"x": "day"' in charts


def test_inputs_are_used_and_outputs_made_by_reference(written: WrittenRun) -> None:
    artifacts = written.artifacts()
    assert set(artifacts) == {"raw", "prepared", "metrics", "amounts_plot", "scored_2026"}
    assert {name for name, found in artifacts.items() if found.use_after_commit} == {"raw"}
    (entry,) = artifacts["raw"].manifest.contents
    assert (entry.ref, entry.size, entry.local_path) == ("kedro://data/raw.csv", len(RAW), "")
    assert json.loads(artifacts["raw"].metadata)["digest"] == entry.digest


def test_each_node_has_its_seconds_and_kept_tables_their_rows(written: WrittenRun) -> None:
    nodes = {row[0]: row for row in written.tables()["nodes"]["data"]}
    assert set(nodes) == {"prepare", "evaluate"}
    assert nodes["prepare"][4] == 7
    assert written.summary["seconds/prepare"] >= 0


def test_nothing_that_is_redacted_is_in_any_file(written: WrittenRun) -> None:
    files = [file for file in written.folder.parent.rglob("*") if file.is_file()]
    texts = {file: file.read_bytes().decode(errors="ignore") for file in files}
    assert any("2026-01-01" in text for text in texts.values())
    found = {
        (file.name, secret)
        for file, text in texts.items()
        for secret in SECRETS | {"person@example.org"}
        if secret in text
    }
    assert found == set()


@pytest.mark.slow
def test_processes_in_which_kedro_runs_no_hooks_are_one_warning(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    run = project.run("ParallelRunner", TINY_START="spawn")
    assert run.exit_code == 0
    assert (
        run.output.count("did not track the nodes (Kedro 1.7 runs no hooks in spawned processes")
        == 1
    )
    (folder,) = project.find_runs()
    assert WrittenRun(folder).config["rate"] == 2.0


@pytest.mark.slow
def test_the_same_content_has_the_same_digest_and_another_another(project: TinyProject) -> None:
    project.run()
    project.run()
    (project.path / "data" / "raw.csv").write_text(RAW.replace("1.5", "9.5"))
    project.run()
    runs = sorted((WrittenRun(folder) for folder in project.find_runs()), key=_began)
    digests = [run.artifacts()["raw"].digest for run in runs]
    assert digests[0] == digests[1] != digests[2]


def _began(run: WrittenRun) -> float:
    started = run.run.start_time
    return started.seconds + started.nanos / 1e9


@pytest.mark.slow
def test_hashes_are_equal_where_values_are_and_tell_nothing(tmp_path: Path) -> None:
    redact = {"columns": ["email"], "identifiers": ["customer_id"], "action": "hash", "salt": "s"}
    project = TinyProject.write(tmp_path, redact=redact)
    project.run()
    project.run()
    first, second = [WrittenRun(folder).tables()["scored_2026"] for folder in project.find_runs()]
    assert first["columns"] == ["customer_id", "email", "day", "amount"]
    assert first == second
    assert len({row[0] for row in first["data"]}) == 3
    assert not SECRETS & {value for row in first["data"] for value in row}
