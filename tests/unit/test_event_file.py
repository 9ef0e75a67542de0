"""TensorBoard's files, read back record by record."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tensorboard_files import read_events
from tensorboardX.proto.event_pb2 import SessionLog

from devtools.places import ROOT
from lora_core.record.tensorboard import EventFile


def test_scalars_and_pictures_come_back(tmp_path: Path) -> None:
    file = EventFile(tmp_path / "журнал", 1)
    file.scalar("loss/train", 0.125, 1)
    file.scalar("loss/train", 0.5, 2)
    file.picture("preview", np.zeros((6, 8, 3), np.uint8), 2)
    file.close()
    (path,) = (tmp_path / "журнал").iterdir()
    version, start, *points, picture = read_events(path)
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


WITHOUT = """
import logging, sys
from pathlib import Path
import numpy as np
from lora_core.record.tensorboard import EventFile
logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stdout)
sys.modules["tensorboardX"] = None  # as Python itself marks what cannot be imported
file = EventFile(Path(sys.argv[1]) / "tensorboard", 1)
file.scalar("loss/train", 0.5, 1)
file.picture("preview", np.zeros((2, 2, 3), np.uint8), 1)
file.flush()
file.close()
print(file.absence)
"""


def test_without_tensorboardx_there_is_no_file_and_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WITHOUT, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    warned, absence = ran.stdout.splitlines()
    assert absence.startswith("A run's record for TensorBoard needs tensorboardX 2.6 or newer, and ")
    assert warned == f"WARNING Training continues without files for TensorBoard. {absence}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("points", [0, 1, 100])
def test_flush_shows_what_was_written(tmp_path: Path, points: int) -> None:
    file = EventFile(tmp_path, 1)
    for step in range(points):
        file.scalar("loss/train", 0.1, step)
    file.flush()
    (path,) = tmp_path.iterdir()
    assert len(list(read_events(path))) == points + 2
    file.close()
