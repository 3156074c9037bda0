"""Checks that the log of a finished run is whole, and sends it.

In: the folder that W&B wrote. Out: whether its `.wandb` file holds the end of the run, and whether
the server has it.

A `.wandb` file is a LevelDB log: a header of 7 bytes, then blocks of 32 KiB, each a run of chunks
with a checksum, a length and a type (1 whole, 2 first, 3 middle, 4 last) before their bytes.
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
PAUSE = 0.1  # seconds between two looks
SYNCED = "*.synced"  # `wandb sync` leaves this beside a file that it has sent as a whole
CONNECT_SECONDS = 3.0  # a server that takes longer to accept takes no run in time
TERMINAL_CODES = re.compile(r"\x1b\[[\d;]*m|^wandb: *|^(ERROR|WARNING) *")
NOT_AGAIN = "not tried again: "
OTHER_RUNS = ("WANDB_SERVICE", "WANDB_MODE")  # variables that are not for `wandb sync`


def wait_for_end(folder: Path, seconds: float) -> bool:
    """Wait until the file of a run holds its end: W&B returns before it has written all.

    Returns:
        Whether it does.
    """
    until = time.monotonic() + seconds
    while not any(_has_end(file) for file in folder.glob("*.wandb")):
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE)
    return True


def read_messages(content: bytes) -> Iterator[bytes]:
    """Yield the whole messages, up to where the file is cut off."""
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
    from wandb.proto import wandb_internal_pb2  # noqa: PLC0415  (may be missing)

    record: Any = wandb_internal_pb2.Record  # type: ignore[attr-defined]  # made at run time
    try:
        records = [record.FromString(message) for message in read_messages(file.read_bytes())]
    except (OSError, DecodeError):
        return False
    return any(each.HasField("exit") for each in records)


class Sender:
    """Sends the runs of this process, until one cannot be sent: then the others are not tried.

    Attributes:
        refusal: Why the last run was not sent; empty while all were.
    """

    def __init__(self) -> None:
        self.refusal = ""

    def send(
        self, folder: Path, address: str, credentials: Mapping[str, str], seconds: float
    ) -> bool:
        """Run `wandb sync`, if the server can be reached.

        Args:
            folder: Folder of the run.
            address: Address of the server.
            credentials: `api_key` and `base_url`, where they are not in the environment.
            seconds: After which the process is ended.

        Returns:
            Whether W&B has all of it.
        """
        if not self.refusal:
            self.refusal = explain_unreachable(address) or _sync(folder, credentials, seconds)
            return not self.refusal
        self.refusal = NOT_AGAIN + self.refusal.removeprefix(NOT_AGAIN)
        return False


def explain_unreachable(address: str) -> str:
    """Return why no connection can be made to an address; empty if one can, or a proxy is set."""
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or {"http": 80}.get(parts.scheme, 443)
    if parts.scheme in getproxies() and not proxy_bypass(host):
        return ""
    worker = Worker("wandb-reach")  # the lookup of a name has no time limit
    worker.submit(lambda: socket.create_connection((host, port), CONNECT_SECONDS).close())
    if not worker.wait(CONNECT_SECONDS):
        return f"{host}:{port} does not answer"
    return f"{host}:{port} cannot be reached: {worker.error}" if worker.error else ""


def _sync(folder: Path, credentials: Mapping[str, str], seconds: float) -> str:
    """Return why the run was not sent; empty if it was."""
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
        output = f"not done after {seconds:.0f} seconds"
    return "" if any(folder.glob(SYNCED)) else _take_last_line(output) or "W&B gives no reason"


def _take_last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    line = lines[-1] if lines else ""
    while (shorter := TERMINAL_CODES.sub("", line)) != line:
        line = shorter
    return line
