"""TensorBoard's files, read record by record, their checksums checked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from tensorboardX.crc32c import crc32c
from tensorboardX.proto.event_pb2 import Event


def _masked(data: bytes) -> int:
    value = crc32c(data)
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def read_events(path: Path) -> Iterator[Event]:
    """TFRecords: length, its checksum, data, its checksum."""
    content = path.read_bytes()
    while content:
        header, (length, check) = content[:8], struct.unpack("<QI", content[:12])
        assert check == _masked(header)
        data = content[12 : 12 + length]
        assert struct.unpack("<I", content[12 + length : 16 + length])[0] == _masked(data)
        yield Event.FromString(data)
        content = content[16 + length :]
