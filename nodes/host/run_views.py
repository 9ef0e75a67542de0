"""What the browser gets to see of runs, computed once however many charts ask for it."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from ...lora_core.changes import Stamps, stamps
from ...lora_core.record.reader import RunReader
from ...lora_core.record.thinning import thinned
from ...lora_core.run_folder import CHECKPOINTS, HISTORY_FILE, PREVIEWS, RUN_FILE, STRENGTHS_FILE
from .plain_words import in_words

_RUNS_KEPT = 8
_READ = (RUN_FILE, HISTORY_FILE, CHECKPOINTS, PREVIEWS, STRENGTHS_FILE)


class Query(NamedTuple):
    """Which checkpoint is to be picked, as for lora_core.record.reader.read_view."""

    rule: str
    epoch: int | None
    weights: str


class _Run:
    """A run that was asked for, what was read of it so far, and the answers since it last changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._reader = RunReader(folder)
        self._lock = threading.Lock()
        self._answers: dict[Query, bytes] = {}
        self._seen: Stamps = ()

    def answer(self, query: Query) -> bytes:
        with self._lock:
            now = stamps(self._folder, _READ)
            if now != self._seen:
                self._seen, self._answers = now, {}
            if query not in self._answers:
                view = thinned(self._reader.view(*query))
                self._answers[query] = json.dumps(in_words(view.to_json())).encode("utf-8")
            return self._answers[query]


class RunViews:
    """The runs that were asked for last."""

    def __init__(self) -> None:
        self._runs: OrderedDict[Path, _Run] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, folder: Path, query: Query) -> bytes:
        """A run's view as JSON.

        Raises:
            RunError, CheckpointError, ConfigError: as lora_core.record.reader.read_view.
        """
        with self._lock:
            run = self._runs.pop(folder, None) or _Run(folder)
            self._runs[folder] = run
            if len(self._runs) > _RUNS_KEPT:
                self._runs.popitem(last=False)
        return run.answer(query)
