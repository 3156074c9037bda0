"""Sends finished runs, each in a process that can be ended at any moment."""

import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from telco_churn.tracking.worker import Worker

SENT = "*.synced"  # `wandb sync` leaves this beside the file that it has sent as a whole
CONNECT_SECONDS = 3.0  # a server that takes longer to say hello takes no run in time
OF_TERMINALS = re.compile(r"\x1b\[[\d;]*m|^wandb: *|^(ERROR|WARNING) *")


class Sender:
    """Sends the runs of this process, until one cannot be sent: many dates ask in vain once.

    Attributes:
        refusal: Why the last run was not sent; empty while all were.
    """

    def __init__(self) -> None:
        self.refusal = ""

    def send(
        self, folder: Path, address: str, credentials: Mapping[str, str], seconds: float
    ) -> bool:
        """Run `wandb sync`, where somebody answers.

        Args:
            folder: Of the run.
            address: Of the server.
            credentials: `api_key` and `base_url`, where they are not in the environment.
            seconds: After which it is ended.

        Returns:
            Whether W&B has all of it.
        """
        if not self.refusal:
            self.refusal = explain_silence(address) or _sync(folder, credentials, seconds)
            return not self.refusal
        self.refusal = f"not tried again: {self.refusal.removeprefix('not tried again: ')}"
        return False


def explain_silence(address: str) -> str:
    """Say why nobody can be reached at an address; nothing where somebody can, or a proxy is."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or {"http": 80}.get(parts.scheme, 443)
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return ""
    worker = Worker("wandb-reach")  # looking up a name knows no limit of time
    worker.submit(lambda: socket.create_connection((host, port), CONNECT_SECONDS).close())
    if not worker.wait(CONNECT_SECONDS):
        return f"{host}:{port} does not answer"
    return f"{host}:{port} cannot be reached: {worker.error}" if worker.error else ""


def _sync(folder: Path, credentials: Mapping[str, str], seconds: float) -> str:
    """Return why it was not sent; nothing where it was."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"WANDB_SERVICE", "WANDB_MODE"}
    }
    given = {f"WANDB_{name.upper()}": value for name, value in credentials.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "wandb", "sync", str(folder)],
        env=kept | given | {"TMPDIR": tempfile.gettempdir()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        _, told = process.communicate(timeout=max(0.0, seconds))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        told = f"not done after {seconds:.0f} seconds"
    return "" if any(folder.glob(SENT)) else _take_last_line(told) or "W&B does not say why"


def _take_last_line(told: str) -> str:
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    line = lines[-1] if lines else ""
    while (shorter := OF_TERMINALS.sub("", line)) != line:
        line = shorter
    return line
