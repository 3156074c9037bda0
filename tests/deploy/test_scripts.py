"""The scripts of cron, systemd, GitHub, GitLab and the image, run as processes."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.conftest import PROJECT, ProjectCopy
from tests.deploy.stand_in import StandIn, make_stand_in

DAY = "2026-09-28"
INGEST, CALL = (f"run --pipelines {name} --params as_of={DAY}" for name in ("ingestion", "scoring"))


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return make_stand_in(tmp_path / "project")


def run(stand_in: StandIn, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=stand_in.path,
        env=stand_in.environment | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def retry(stand_in: StandIn, tries: int) -> int:
    command = ("deploy/retry.sh", str(tries), "0", "deploy/score.sh", DAY)
    return run(stand_in, *command, PIPELINES="scoring").returncode


@pytest.mark.parametrize("code", [0, 1, 2, 65, 75, 99])
def test_scoring_a_date_ends_with_the_exit_code_of_the_run(stand_in: StandIn, code: int) -> None:
    stand_in.answer(DAY, 0, code)
    assert run(stand_in, "deploy/score.sh", DAY).returncode == code
    assert stand_in.calls == [INGEST, CALL]


@pytest.mark.parametrize("code", [1, 2, 65, 75])
def test_nothing_is_scored_where_ingestion_did_not_end_well(stand_in: StandIn, code: int) -> None:
    stand_in.answer(DAY, code)
    assert run(stand_in, "deploy/score.sh", DAY).returncode == code
    assert stand_in.calls == [INGEST]


def test_without_a_date_the_last_monday_is_scored(stand_in: StandIn) -> None:
    today = date.today()
    monday = today - timedelta(days=today.weekday())
    assert run(stand_in, "deploy/score.sh").returncode == 0
    assert stand_in.calls == [call.replace(DAY, monday.isoformat()) for call in (INGEST, CALL)]


@pytest.mark.parametrize(
    ("codes", "ends_with", "calls"),
    [
        ([0], 0, 1),
        ([99], 0, 1),
        ([65], 65, 1),
        ([2], 2, 1),
        ([75, 75, 0], 0, 3),
        ([75, 75, 75, 75, 75], 75, 4),
        ([1, 75, 0], 0, 3),
        ([1, 1, 1, 0], 1, 3),
    ],
)
def test_only_not_ready_and_failed_are_tried_again(
    stand_in: StandIn, codes: list[int], ends_with: int, calls: int
) -> None:
    stand_in.answer(DAY, *codes)
    assert retry(stand_in, tries=4) == ends_with
    assert stand_in.calls == [CALL] * calls


def test_a_stopped_retry_stops_the_run_as_well(stand_in: StandIn) -> None:
    stand_in.replace_kedro("#!/bin/sh\necho $$ > pid\nexec sleep 300\n")
    process = subprocess.Popen(
        ["deploy/retry.sh", "3", "300", "deploy/score.sh", DAY],
        cwd=stand_in.path,
        env=stand_in.environment,
    )
    pid = stand_in.path / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip() != "")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 143
    assert not Path(f"/proc/{pid.read_text().strip()}").exists()


def test_a_night_that_went_well_gives_cron_nothing_to_mail(stand_in: StandIn) -> None:
    done = run_as_cron(stand_in)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(stand_in.calls) == 2


def test_a_night_that_was_refused_is_mailed_with_the_end_of_its_log(stand_in: StandIn) -> None:
    stand_in.replace_kedro("#!/bin/sh\necho 'too many rejected rows'\nexit 65\n")
    done = run_as_cron(stand_in)
    assert done.returncode == 65
    assert "exit code 65" in done.stdout
    assert "too many rejected rows" in done.stdout


def test_a_night_does_not_start_beside_one_that_hangs(stand_in: StandIn) -> None:
    stand_in.replace_kedro("#!/bin/sh\necho >> calls.txt\nexec sleep 300\n")
    first = subprocess.Popen(
        ["deploy/cron/score.sh"],
        cwd=stand_in.path,
        env=stand_in.environment,
        start_new_session=True,
    )
    wait_until(lambda: len(stand_in.calls) == 1)
    second = run_as_cron(stand_in)
    os.killpg(first.pid, signal.SIGTERM)
    first.wait()
    assert second.returncode == 75
    assert "did not start" in second.stdout
    assert len(stand_in.calls) == 1


@pytest.mark.slow
def test_one_night_by_script_scores_the_finished_project(project: ProjectCopy) -> None:
    (project.path / "deploy").mkdir()
    script = project.path / "deploy" / "score.sh"
    script.write_text((PROJECT / "deploy" / "score.sh").read_text())
    script.chmod(0o755)
    (project.path / ".venv").symlink_to(sys.prefix)
    environment = {"KEDRO_ENV": "test", "TZ": "UTC"}
    done = run(StandIn(project.path), "deploy/score.sh", "2026-08-31", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "customers scored as of 2026-08-31" in done.stdout


def run_as_cron(stand_in: StandIn) -> subprocess.CompletedProcess[str]:
    """Run the crontab's line as cron does: with sh, the crontab's variables and a short PATH."""
    table = PROJECT / "deploy" / "cron" / "telco-churn.crontab"
    lines = table.read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))
    [entry] = [line for line in lines if re.match(r"[0-9*]", line)]
    command = entry.split(maxsplit=5)[5]
    assert "%" not in command, "cron would end the line there"
    return subprocess.run(
        ["/bin/sh", "-c", command],
        cwd="/",
        env=variables | {"PATH": "/usr/bin:/bin", "PROJECT": str(stand_in.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def wait_until(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < ends, "the condition was not met in 20 s"
        time.sleep(0.05)
