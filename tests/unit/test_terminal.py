"""Progress on a real terminal, and its wording."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lora_core.progress import Progress
from lora_core.terminal import describe

ROOT = Path(__file__).parents[2]

PROGRAM = """
from lora_core.progress import Progress
from lora_core.terminal import TerminalWatcher

with TerminalWatcher() as watcher:
    watcher.progress(Progress("training", 38, 2800, 3, 200, 0.1234, 840.0))
    watcher.progress(Progress("saving", 42, 2800, 3, 200))
    watcher.epoch_closed(3)
"""


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("caching", 5, 64, 0, 200), "caching     epoch 0 of 200  picture 5 of 64"),
        (
            Progress("training", 38, 2800, 3, 200, 0.12344, 840.0),
            "training    epoch 3 of 200  step 38 of 2800  loss 0.1234  14 min left",
        ),
        (
            Progress("training", 2799, 2800, 200, 200, 1.5, 1.2),
            "training    epoch 200 of 200  step 2799 of 2800  loss 1.5000  1 s left",
        ),
    ],
)
def test_words(progress: Progress, line: str) -> None:
    assert describe(progress) == line


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminal to read from")
def test_one_line_is_rewritten_on_a_terminal() -> None:
    import pty

    reader, terminal = pty.openpty()
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=terminal, check=True)
    os.close(terminal)
    shown = os.read(reader, 10_000).decode("utf-8")
    os.close(reader)
    first = "training    epoch 3 of 200  step 38 of 2800  loss 0.1234  14 min left"
    second = "saving      epoch 3 of 200  step 42 of 2800"
    assert shown == f"\r{first}\r{second.ljust(len(first))}\r\n"
    assert "\x1b" not in shown


def test_one_plain_line_an_epoch_in_a_pipe() -> None:
    told = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert told == "training    epoch 3 of 200  step 38 of 2800  loss 0.1234  14 min left\n"
