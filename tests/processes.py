"""Start, watch, stop and kill runs of the project in separate processes."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # tests of the libraries run without the project
    from tests.conftest import ProjectCopy

# Completes a call and then sends the process a signal, such as a kill at that moment.
SIGNAL_AFTER = """
import importlib, os, signal, sys

module, _, name = sys.argv.pop(1).rpartition(":")
number = int(sys.argv.pop(1))
owner, _, name = name.rpartition(".")
place = importlib.import_module(module)
place = getattr(place, owner) if owner else place
call = getattr(place, name)

def call_then_signal(*args, **kwargs):
    result = call(*args, **kwargs)
    os.kill(os.getpid(), number)
    return result

setattr(place, name, call_then_signal)
from telco_churn.__main__ import main
main()
"""
Start = Callable[..., subprocess.Popen[str]]

REGISTER = "mlflow.tracking._model_registry.fluent:_register_model"
MOVE_ALIAS = "mlflow:MlflowClient.set_registered_model_alias"


# Drops the capability of root to write to any file.
AS_ANY_USER = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")


def start_run(
    project: "ProjectCopy",
    *arguments: str,
    env: str = "test",
    after: str = "",
    signal_number: int = signal.SIGKILL,
    prefix: Sequence[str] = (),
) -> subprocess.Popen[str]:
    """Start `kedro run` in a project.

    Args:
        project: The project to run.
        *arguments: Arguments of `kedro run`.
        env: The environment.
        after: A call, `module:name`, after which the process receives the signal.
        signal_number: The signal.
        prefix: A command line that starts Python.
    """
    program = ["-c", SIGNAL_AFTER, after, str(int(signal_number))] if after else []
    python = [*prefix, sys.executable, *(program or ["-m", "telco_churn"])]
    return subprocess.Popen(
        [*python, "--env", env, *arguments],
        cwd=project.path,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(run: subprocess.Popen[str], text: str) -> Iterator[str]:
    """Yield the lines of a run up to the first line that contains a text."""
    assert run.stdout is not None
    for line in run.stdout:
        yield line
        if text in line:
            return


def wait_for_stop(run: subprocess.Popen[str]) -> None:
    """Wait until a run has received SIGSTOP."""
    _, status = os.waitpid(run.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), run.communicate()[0]


def find_free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
