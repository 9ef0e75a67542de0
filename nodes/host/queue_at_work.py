"""The queue of trainings of this ComfyUI, and the thread that works on it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from ...lora_core.errors import RunError
from ...lora_core.queue.store import QueueFolder
from ...lora_core.queue.worker import Worker
from . import folders
from .prompts import ComfyQueue

_SECONDS = 1.0
"""Between two looks at whether something is due."""
_log = logging.getLogger(__name__)


class QueueAtWork:
    """Opened when it is first needed: who never queues a training has no folder and no thread for it."""

    def __init__(self, trainers: ComfyQueue, tell: Callable[[], None]) -> None:
        """`tell` is called whenever the queue has changed by itself."""
        self._trainers, self._tell = trainers, tell
        self._worker: Worker | None = None
        self._lock = threading.Lock()

    def existing(self) -> Worker | None:
        """The queue, unless it was never used. Raises RunError as `open`."""
        return self.open() if self._worker or folders.queue_folder().is_dir() else None

    def open(self) -> Worker:
        """The queue, being worked on.

        Raises:
            RunError: another ComfyUI works on it, or its folder cannot be used.
        """
        with self._lock:
            if self._worker is None:
                self._worker = Worker(QueueFolder(folders.queue_folder()), self._trainers)
                threading.Thread(target=self._work, args=(self._worker,), daemon=True).start()
            return self._worker

    def go_on(self) -> None:
        """After a restart: finds what was left. To be called once ComfyUI is serving."""
        try:
            worker = self.existing()
        except RunError as error:
            _log.warning("LoRA Atelier: %s", error)
            return
        if worker and worker.queue.entries and not worker.queue.conduct.going:
            _log.info("LoRA Atelier: the queue of trainings waits for you to press Go on in Training runs (Alt+L).")

    def _work(self, worker: Worker) -> None:
        said = ""
        while True:
            try:
                if worker.tick():
                    self._tell()
                said = ""
            except RunError as error:  # the disk is full: it goes on when there is room
                if str(error) != said:
                    said = str(error)
                    _log.error("LoRA Atelier: the queue of trainings cannot go on. %s", error)
            time.sleep(_SECONDS)
