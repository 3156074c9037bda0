"""Sends a finished run, in a process that can be ended at any moment."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

SENT = "*.synced"  # `wandb sync` leaves this beside the file that it has sent as a whole


def send_run(folder: Path, credentials: Mapping[str, str], seconds: float) -> bool:
    """Run `wandb sync`.

    Args:
        folder: Of the run.
        credentials: `api_key` and `base_url`, where they are not in the environment.
        seconds: After which it is ended.

    Returns:
        Whether W&B has all of it.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"WANDB_SERVICE", "WANDB_MODE"}
    }
    given = {f"WANDB_{name.upper()}": value for name, value in credentials.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "wandb", "sync", str(folder)],
        env=environment | given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    return any(folder.glob(SENT))
