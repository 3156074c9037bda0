"""Check that the log of a finished run is complete, and upload it.

In: the folder that W&B wrote. Out: whether its `.wandb` file contains the end of the run, and
whether the server has received it.

A `.wandb` file is a LevelDB log: a header of 7 bytes, then blocks of 32 KiB. A block is a sequence
of chunks: checksum, length, type (1 whole, 2 first, 3 middle, 4 last), content.
"""

import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kedro_wandb.safeguards import Worker

FILE_HEADER = 7
BLOCK = 32 * 1024
CHUNK_HEADER = struct.Struct("<IHB")
WHOLE, FIRST, LAST = 1, 2, 4
PAUSE = 0.1  # seconds between two reads of the file
SYNCED = "*.synced"  # `wandb sync` creates this file after a complete upload
CONNECT_SECONDS = 3.0  # a server that accepts more slowly cannot receive a run in time
TERMINAL_CODES = re.compile(r"\x1b\[[\d;]*m|^wandb: *|^(ERROR|WARNING) *")
NOT_AGAIN = "not tried again after an earlier failure: "
OTHER_RUNS = ("WANDB_SERVICE", "WANDB_MODE")  # variables that `wandb sync` must not inherit


def wait_for_end(folder: Path, seconds: float) -> bool:
    """Wait until the file in `folder` contains the end of the run; W&B writes asynchronously.

    Returns:
        True if it does; False if the time is up.
    """
    until = time.monotonic() + seconds
    while not any(_has_end(file) for file in folder.glob("*.wandb")):
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE)
    return True


def read_messages(content: bytes) -> Iterator[bytes]:
    """Yield the complete messages of a `.wandb` file, which may be truncated."""
    position, message = FILE_HEADER, b""
    while position + CHUNK_HEADER.size <= len(content):
        left_in_block = BLOCK - position % BLOCK
        if left_in_block < CHUNK_HEADER.size:
            position += left_in_block
            continue
        _, length, kind = CHUNK_HEADER.unpack_from(content, position)
        start = position + CHUNK_HEADER.size
        if not WHOLE <= kind <= LAST or start + length > len(content):
            return
        message = (b"" if kind in {WHOLE, FIRST} else message) + content[start : start + length]
        position = start + length
        if kind in {WHOLE, LAST}:
            yield message


def _has_end(file: Path) -> bool:
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # noqa: PLC0415
    from wandb.proto import wandb_internal_pb2  # noqa: PLC0415  (optional dependency)

    record: Any = wandb_internal_pb2.Record  # type: ignore[attr-defined]  # created at run time
    try:
        records = [record.FromString(message) for message in read_messages(file.read_bytes())]
    except (OSError, DecodeError):
        return False
    return any(each.HasField("exit") for each in records)


class Sender:
    """Uploads the runs of this process; after a failed upload, it does not try another.

    Attributes:
        refusal: Reason why the last run was not uploaded; empty if all runs were.
    """

    def __init__(self) -> None:
        self.refusal = ""

    def send(
        self, folder: Path, address: str, credentials: Mapping[str, str], seconds: float
    ) -> bool:
        """Run `wandb sync` if the server can be reached.

        Args:
            folder: Folder of the run.
            address: URL of the server.
            credentials: `api_key` and `base_url`, unless they are set in the environment.
            seconds: Time limit; afterwards the upload is stopped.

        Returns:
            Whether the upload is complete.
        """
        if not self.refusal:
            self.refusal = explain_unreachable(address) or _sync(folder, credentials, seconds)
            return not self.refusal
        self.refusal = NOT_AGAIN + self.refusal.removeprefix(NOT_AGAIN)
        return False


def explain_unreachable(address: str) -> str:
    """Return why no connection to a URL is possible; empty if it is, or if a proxy is set."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or {"http": 80}.get(parts.scheme, 443)
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return ""
    worker = Worker("wandb-reach")  # a DNS lookup has no time limit
    worker.submit(lambda: socket.create_connection((host, port), CONNECT_SECONDS).close())
    if not worker.wait(CONNECT_SECONDS):
        return f"{host}:{port} does not respond"
    return f"{host}:{port} cannot be reached: {worker.error}" if worker.error else ""


def _sync(folder: Path, credentials: Mapping[str, str], seconds: float) -> str:
    """Run `wandb sync` and return why the upload failed; empty if it succeeded."""
    kept = {name: value for name, value in os.environ.items() if name not in OTHER_RUNS}
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
        _, output = process.communicate(timeout=max(0.0, seconds))
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        output = f"not finished after {seconds:.0f} seconds"
    return "" if any(folder.glob(SYNCED)) else _take_last_line(output) or "W&B gave no reason"


def _take_last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    line = lines[-1] if lines else ""
    while (shorter := TERMINAL_CODES.sub("", line)) != line:
        line = shorter
    return line
