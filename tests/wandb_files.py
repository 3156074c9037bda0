"""Reads what W&B wrote offline: the records that `wandb sync` would send.

A `.wandb` file is a LevelDB log: a header of 7 bytes, then blocks of 32 KiB, each a run of chunks
with a checksum, a length and a type (1 whole, 2 first, 3 middle, 4 last) before their bytes.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from wandb.proto.wandb_internal_pb2 import Record

FILE_HEADER = 7
BLOCK = 32 * 1024
CHUNK_HEADER = struct.Struct("<IHB")
WHOLE, LAST = 1, 4


def read_records(file: Path) -> list[Record]:
    return [Record.FromString(message) for message in _read_messages(file.read_bytes())]


def _read_messages(content: bytes) -> Iterator[bytes]:
    position, message = FILE_HEADER, b""
    while position < len(content):
        left_in_block = BLOCK - position % BLOCK
        if left_in_block < CHUNK_HEADER.size:
            position += left_in_block
            continue
        _, length, kind = CHUNK_HEADER.unpack_from(content, position)
        start = position + CHUNK_HEADER.size
        message += content[start : start + length]
        position = start + length
        if kind in {WHOLE, LAST}:
            yield message
            message = b""
