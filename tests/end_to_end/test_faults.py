"""Each fault ends with its exit code and one line for the user, and no traceback."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta
from pathlib import Path

import pytest

from kedro_asof.errors import ExitCode
from tests.conftest import ProjectCopy
from tests.end_to_end.faults import FAULTS, Fault
from tests.processes import AS_ANY_USER, read_until, start_run

pytestmark = pytest.mark.slow

# What Kedro, engines and MLflow print, which contradicts the last line or means nothing to a user.
NOT_SHOWN = re.compile(
    r"Traceback|Repeat the previous command|You can resume|ibis_|_aside_|<unknown>|"
    r"sqlalche\.me|LINE \d+:|Registered model|Successfully registered|\.rs:"
)


ALL = [fault for group in FAULTS.values() for fault in group]


@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.title)
def test_a_fault_ends_with_its_code_and_one_line(fault: Fault, project: ProjectCopy) -> None:
    held = fault.make(project)
    lock = held if isinstance(held, AbstractContextManager) else nullcontext()
    with lock:
        code, output = type_command(project, fault.command)
    assert code == fault.code, output
    assert re.search(name_days(fault.says), output.splitlines()[-1]), output
    assert NOT_SHOWN.search(output) is None, output
    assert len(re.findall("^Error: ", output, re.MULTILINE)) == 1, output


def type_command(project: ProjectCopy, command: str) -> tuple[int, str]:
    """Run a command as a user would type it, and return its exit code and output."""
    is_root = os.geteuid() == 0 and shutil.which("setpriv") is not None
    done = subprocess.run(
        [*(AS_ANY_USER if is_root else ()), *shlex.split(name_days(command))],
        cwd=project.path,
        env=os.environ
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.rstrip()


@pytest.mark.parametrize("line", [": features.label_churn", ": training.fit_candidate"])
def test_ctrl_c_is_one_line_and_130(line: str, project: ProjectCopy) -> None:
    with start_run(project, "--pipelines", "training") as run:
        seen = list(read_until(run, line))
        run.send_signal(signal.SIGINT)
        output = "".join(seen) + run.communicate()[0]
    assert run.returncode == ExitCode.STOPPED, output
    assert output.count("Error: Stopped by Ctrl-C.") == 1
    assert NOT_SHOWN.search(output) is None, output


def name_days(text: str) -> str:
    """Replace `TODAY+30` by the day in 30 days."""
    days = re.compile(r"TODAY\+(\d+)")
    return days.sub(lambda found: str(date.today() + timedelta(days=int(found[1]))), text)


def test_the_table_has_no_fault_twice() -> None:
    titles = [fault.title for fault in ALL]
    assert len(set(titles)) == len(titles) >= 60
