"""Changes a queue and ends without warning at one of its operations on files: python killed_queue.py FOLDER NUMBER"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from lora_core.queue.entry import Entry
from lora_core.queue.store import QueueFolder

KILLED = 9
_ON_FILES = ("open", "os.mkdir", "os.remove", "os.rename", "os.truncate")


def entry(name: str, **changes: object) -> Entry:
    """A training that is added after those whose names come before."""
    added = f"2026-03-04T05:06:07.{ord(name):06d}+00:00"
    return Entry(name, (f"run {name}",), added, {"1": {"class_type": "LoRATrainer", "inputs": {}}}, **changes)


def changes(folder: Path) -> Iterator[QueueFolder]:
    """A queue after each of the changes that can be made to it."""
    queue = QueueFolder(folder)
    yield queue
    for name in "abc":
        queue.put(entry(name))
        yield queue
    queue.move("c", "a")
    yield queue
    queue.change("c", state="running")
    yield queue
    queue.change("c", state="failed", reason="Немає теки.")
    yield queue
    queue.go(False)
    yield queue
    queue.move("c", "")
    yield queue
    queue.remove("a")
    yield queue


def _end_at(number: int) -> None:
    done = 0

    def watch(event: str, _arguments: object) -> None:
        nonlocal done
        if event in _ON_FILES:
            done += 1
            if done == number:
                os._exit(KILLED)

    sys.addaudithook(watch)


if __name__ == "__main__":
    _end_at(int(sys.argv[2]))
    for _ in changes(Path(sys.argv[1])):
        pass
