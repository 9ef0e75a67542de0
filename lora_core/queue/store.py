"""The queue on the disk: a folder with a file for each training, and one for their order.

Every change is one file that is written whole, or one that is deleted. So whenever the machine stops, what is found
there is the queue before the change or after it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import RunError
from ..files import atomic_write, clear_leftovers, make_folder, writing_failed
from ..names import quoted
from ..record.lock import RunLock
from .entry import Entry

ORDER_FILE = "queue.json"
LARGEST = 64 * 1024**2
"""Bytes of an entry. A workflow of a thousand nodes takes one million."""


@dataclass(frozen=True)
class Conduct:
    """How the queue is worked on."""

    order: tuple[str, ...] = ()
    """Of entries by id. One that is not named comes after those that are, in the order of their adding."""
    going: bool = True
    """Whether the next training begins when the one before has ended."""
    restarts: bool = False
    """Whether it also goes on by itself after a restart."""


class QueueFolder:
    """The queue in a folder, for one process at a time; its threads may share it."""

    def __init__(self, folder: Path) -> None:
        """Reads it, and makes the folder if there is none.

        What was under way when the process before ended waits again. If anything is left, the queue stands still until
        somebody says otherwise, unless it is to go on by itself: a restart may be there for another reason, and if a
        training brought the machine down, it should not do so all night.

        Raises:
            RunError: another process works on it, or the folder cannot be used.
        """
        self._folder = folder
        self._lock = threading.RLock()
        try:
            make_folder(folder)
        except OSError as error:
            raise writing_failed(folder / ORDER_FILE, 0, error) from error
        self._held = _held(folder)
        clear_leftovers(folder)
        self._entries, self.problems = _read_entries(folder)
        self._conduct = _read_conduct(folder / ORDER_FILE)
        if self._entries and not self._conduct.restarts:
            self._conduct = replace(self._conduct, going=False)

    def close(self) -> None:
        """Lets another process work on it."""
        self._held.release()

    @property
    def conduct(self) -> Conduct:
        """How it is worked on."""
        return self._conduct

    @property
    def entries(self) -> list[Entry]:
        """In their order; the one that trains comes first, wherever another one is moved."""
        with self._lock:
            places = {name: place for place, name in enumerate(self._conduct.order)}
            last = len(places)
            return sorted(
                self._entries.values(),
                key=lambda each: (each.state != "running", places.get(each.id, last), each.added, each.id),
            )

    def entry(self, name: str) -> Entry:
        """Of this id. Raises RunError if there is none."""
        with self._lock:
            if name not in self._entries:
                raise RunError(
                    f"The training {quoted(name)} is no longer in the queue: it has ended or was taken out meanwhile."
                )
            return self._entries[name]

    def next(self) -> Entry | None:
        """The training that begins when nothing else is under way; None if there is none or the queue stands still."""
        waiting = [each for each in self.entries if each.state == "waiting"] if self._conduct.going else []
        return waiting[0] if waiting else None

    def put(self, entry: Entry) -> None:
        """Adds an entry at the end, or replaces the one of its id. Raises RunError if it can't be written."""
        data = entry.to_bytes()
        if len(data) > LARGEST:
            raise RunError(
                f"The graph has {len(data) / 1e6:.0f} MB, and the queue takes {LARGEST / 1e6:.0f} MB. Split it."
            )
        with self._lock:
            atomic_write(self._path(entry.id), data)
            self._entries[entry.id] = entry

    def change(self, name: str, **changes: Any) -> Entry:
        """Replaces fields of an entry. Raises RunError if there is none, or it can't be written."""
        with self._lock:
            changed = replace(self.entry(name), **changes)
            self.put(changed)
            return changed

    def remove(self, name: str) -> None:
        """Takes an entry out. Raises RunError if there is none, or its file can't be deleted."""
        with self._lock:
            self.entry(name)
            path = self._path(name)
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise writing_failed(path, 0, error) from error
            del self._entries[name]

    def move(self, name: str, before: str) -> None:
        """Puts an entry before another one, or last if `before` is empty; the one that trains stays the first.

        Raises:
            RunError: one of them is not there, or the order can't be written.
        """
        with self._lock:
            self.entry(name)
            if name == before:
                return
            order = [each.id for each in self.entries if each.id != name]
            order.insert(order.index(self.entry(before).id) if before else len(order), name)
            order.sort(key=lambda each: self._entries[each].state != "running")
            self._decide(order=tuple(order))

    def go(self, going: bool) -> None:
        """Starts the queue, or pauses it. Raises RunError if that can't be written."""
        self._decide(going=going)

    def go_on_after_restarts(self, restarts: bool) -> None:
        """Sets whether it resumes by itself after a restart. Raises RunError if that can't be written."""
        self._decide(restarts=restarts)

    def _decide(self, **changes: Any) -> None:
        with self._lock:
            conduct = replace(self._conduct, **changes)
            atomic_write(self._folder / ORDER_FILE, json.dumps(asdict(conduct)).encode())
            self._conduct = conduct

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


def _held(folder: Path) -> RunLock:
    try:
        return RunLock(folder)
    except RunError as error:
        raise RunError(
            f"The queue of trainings in {folder} cannot be used: another ComfyUI with the same output folder works on "
            "it, or the folder may not be written to. Use the queue there, or close that one."
        ) from error


def _read_entries(folder: Path) -> tuple[dict[str, Entry], Sequence[str]]:
    """The entries by id, and what is wrong with files that are none."""
    entries, problems = {}, []
    for path in sorted(folder.glob("*.json")):
        if path.name == ORDER_FILE:
            continue
        try:
            with path.open("rb") as file:
                entry = Entry.from_bytes(file.read(LARGEST), path.name)
        except OSError as error:
            problems.append(
                f"{path.name!r} in the queue of trainings cannot be read: {error.strerror}. Check that you may open it."
            )
        except RunError as error:
            problems.append(str(error))
        else:
            if entry.state == "running":
                entry = replace(entry, state="waiting", begun=True)
            entries[path.stem] = replace(entry, id=path.stem)
    return entries, tuple(problems)


def _read_conduct(path: Path) -> Conduct:
    """Of a file that may be missing or damaged: then the queue stands still, in the order of adding."""
    try:
        stored = json.loads(path.read_bytes())
        order = tuple(str(name) for name in stored["order"])
        return Conduct(order, stored["going"] is True, stored["restarts"] is True)
    except FileNotFoundError:
        return Conduct()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Conduct(going=False)
