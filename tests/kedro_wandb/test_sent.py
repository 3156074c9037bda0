"""A substitute for W&B's server gets the full run with a key, and nothing without one."""

import json
from pathlib import Path

import pytest

from tests.kedro_wandb.bad_server import serve
from tests.kedro_wandb.good_server import Inbox, serve_well
from tests.kedro_wandb.tiny_project import TinyProject, TinyRun

pytestmark = pytest.mark.slow

KEY = "0123456789" * 4


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> TinyProject:
    return TinyProject.write(tmp_path_factory.mktemp("sent"), timeouts={"start": 30, "finish": 60})


@pytest.fixture(scope="module")
def sent(project: TinyProject) -> tuple[TinyRun, Inbox]:
    with serve_well() as (address, inbox):
        run = project.run(WANDB_API_KEY=KEY, WANDB_BASE_URL=address)
    return run, inbox


def test_a_key_is_all_it_takes(project: TinyProject, sent: tuple[TinyRun, Inbox]) -> None:
    run, inbox = sent
    assert run.exit_code == 0
    assert "wandb sync" not in run.output
    assert inbox.unknown == []
    (folder,) = project.find_runs()
    assert list(folder.glob("*.synced"))


def test_the_server_has_config_metrics_tables_and_pictures(sent: tuple[TinyRun, Inbox]) -> None:
    _, inbox = sent
    config = json.loads(inbox.variables("UpsertBucket")[-1]["config"])
    assert config["rate"]["value"] == 2.0
    assert inbox.lines("wandb-summary.json")[-1]["test_mean"] == 9.0
    assert [row["test_mean"] for row in inbox.lines("wandb-history.jsonl") if "test_mean" in row]
    uploaded = " ".join(inbox.uploads)
    assert "media/table/scored_2026" in uploaded
    assert "media/images/amounts_plot" in uploaded


def test_the_server_has_inputs_and_outputs_by_reference(sent: tuple[TinyRun, Inbox]) -> None:
    _, inbox = sent
    made = [asked["input"] for asked in inbox.variables("CreateArtifact")]
    assert {"raw", "prepared"} <= {artifact["artifactCollectionName"] for artifact in made}
    assert inbox.variables("UseArtifact")
    manifests = [content for name, content in inbox.uploads.items() if "manifest" in name]
    assert any(b"raw.csv" in manifest for manifest in manifests)


def test_nothing_personal_was_sent(sent: tuple[TinyRun, Inbox]) -> None:
    _, inbox = sent
    everything = inbox.everything()
    assert "test_mean" in everything
    assert "@example.org" not in everything
    assert "C0000001" not in everything


def test_nothing_is_reported_to_the_makers_of_wandb(sent: tuple[TinyRun, Inbox]) -> None:
    _, inbox = sent
    (stream,) = {path for path in inbox.paths if path != "/graphql"}
    assert stream.endswith("/file_stream")


def test_the_end_of_a_run_is_sent(sent: tuple[TinyRun, Inbox]) -> None:
    _, inbox = sent
    assert [body["exitcode"] for body in inbox.streamed if body.get("complete")] == [0]


def test_without_a_key_no_server_is_asked(tmp_path: Path) -> None:
    project = TinyProject.write(tmp_path)
    with serve("answers 500") as (address, seen):
        run = project.run(WANDB_BASE_URL=address)
    assert run.exit_code == 0
    assert seen == []
