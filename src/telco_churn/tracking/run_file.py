"""Looks into the file that W&B wrote: has the run come to its end in it, or was it cut off?

A `.wandb` file is a LevelDB log: a header of 7 bytes, then blocks of 32 KiB, each a run of chunks
with a checksum, a length and a type (1 whole, 2 first, 3 middle, 4 last) before their bytes.
"""

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE_HEADER = 7
BLOCK = 32 * 1024
CHUNK_HEADER = struct.Struct("<IHB")
WHOLE, FIRST, LAST = 1, 2, 4
PAUSE = 0.1  # seconds between two looks


def wait_for_end(folder: Path, seconds: float) -> bool:
    """Wait until the file of a run holds its end: W&B goes on writing after it says it is done.

    Returns:
        Whether it does.
    """
    until = time.monotonic() + seconds
    while not any(has_end(file) for file in folder.glob("*.wandb")):
        if time.monotonic() > until:
            return False
        time.sleep(PAUSE)
    return True


def has_end(file: Path) -> bool:
    """Whether a file holds the record with which a run ends."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # noqa: PLC0415
    from wandb.proto import wandb_internal_pb2  # noqa: PLC0415  (may be missing)

    record: Any = wandb_internal_pb2.Record  # type: ignore[attr-defined]  # made at run time
    try:
        records = [record.FromString(message) for message in read_messages(file.read_bytes())]
    except (OSError, DecodeError):
        return False
    return any(each.HasField("exit") for each in records)


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
