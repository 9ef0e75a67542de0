"""TensorBoard's files, read back record by record."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tensorboardX.crc32c import crc32c
from tensorboardX.proto.event_pb2 import Event, SessionLog

from lora_core.event_file import EventFile


def masked(data: bytes) -> int:
    value = crc32c(data)
    return (((value >> 15) | (value << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def events(path: Path) -> Iterator[Event]:
    """TFRecords: length, its checksum, data, its checksum."""
    content = path.read_bytes()
    while content:
        header, (length, check) = content[:8], struct.unpack("<QI", content[:12])
        assert check == masked(header)
        data = content[12 : 12 + length]
        assert struct.unpack("<I", content[12 + length : 16 + length])[0] == masked(data)
        yield Event.FromString(data)
        content = content[16 + length :]


def test_scalars_and_pictures_come_back(tmp_path: Path) -> None:
    file = EventFile(tmp_path / "журнал", 1)
    file.scalar("loss/train", 0.125, 1)
    file.scalar("loss/train", 0.5, 2)
    file.picture("preview", np.zeros((6, 8, 3), np.uint8), 2)
    file.close()
    (path,) = (tmp_path / "журнал").iterdir()
    version, start, *points, picture = events(path)
    assert version.file_version == "brain.Event:2"
    assert (start.step, start.session_log.status) == (1, SessionLog.START)
    assert [(e.step, e.summary.value[0].tag, e.summary.value[0].simple_value) for e in points] == [
        (1, "loss/train", 0.125),
        (2, "loss/train", 0.5),
    ]
    image = picture.summary.value[0].image
    assert (image.width, image.height) == (8, 6) and image.encoded_image_string.startswith(b"\x89PNG")


def test_a_resumed_run_writes_a_second_file_even_within_the_same_second(tmp_path: Path) -> None:
    for first_step in (1, 15):
        EventFile(tmp_path, first_step).close()
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("points", [0, 1, 100])
def test_flush_shows_what_was_written(tmp_path: Path, points: int) -> None:
    file = EventFile(tmp_path, 1)
    for step in range(points):
        file.scalar("loss/train", 0.1, step)
    file.flush()
    (path,) = tmp_path.iterdir()
    assert len(list(events(path))) == points + 2
    file.close()
