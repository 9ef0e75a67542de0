"""Writes what must survive a kill, in a thread of its own, so that training does not wait for the disk.

How often is a matter of time, not of epochs: an epoch of a fast GPU takes a second, and its state and LoRAs have
hundreds of megabytes. After a kill a run goes on from the last state and makes what was lost again, to the bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..files import remove
from ..model.lora import LoraCopy
from ..record.checkpoints import save_lora
from ..tensors import DTYPES
from .state import RunState

BYTES_PER_SECOND = 20e6
"""What is written on average, at most."""
SECONDS_WITHOUT_STATE = 120.0
"""A state is saved within an epoch that takes longer."""


@dataclass(frozen=True)
class LoraFile:
    """A LoRA to be written."""

    path: Path
    lora: LoraCopy
    metadata: Mapping[str, str]
    dtype: str = "float32"
    """The number format that it is written in."""

    @property
    def size(self) -> int:
        """Its bytes, nearly."""
        return self.lora.vector.numel() * DTYPES[self.dtype].itemsize

    def write(self) -> None:
        """Writes it; raises what `save_lora` does."""
        save_lora(self.path, self.lora.tensors(), self.metadata, self.dtype)


class Saver:
    """Saves states with the LoRAs that belong to them, one after another."""

    def __init__(self, state_folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds."""
        self._folder, self._clock = state_folder, clock
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="saver")
        self._job: Future[None] | None = None
        self._saved_at = clock()
        self._written: list[int] = []

    def affords(self, size: int) -> bool:
        """Whether `size` bytes may be written now."""
        return self._is_idle() and size <= BYTES_PER_SECOND * (self._clock() - self._saved_at)

    @property
    def overdue(self) -> bool:
        """Whether too much work would be lost in a kill."""
        return self._is_idle() and self._clock() - self._saved_at > SECONDS_WITHOUT_STATE

    def save(self, state: Callable[[], RunState], loras: Sequence[LoraFile], released: Sequence[Path]) -> None:
        """Begins to write: first the LoRAs, then the state after them; then deletes what was released.

        `state` arranges what has been copied, which the thread does, too.

        Raises:
            RunError: what was begun before could not be written.
            CheckpointError: it reads back differently.
        """
        self.wait()
        self._saved_at = self._clock()
        self._job = self._worker.submit(self._write, state, loras, released)

    def check(self) -> None:
        """Raises what `save` would, if it is known already."""
        if self._job is not None and self._job.done():
            self.wait()

    def wait(self) -> None:
        """Returns when everything is written; raises what `save` does."""
        job, self._job = self._job, None
        if job is not None:
            job.result()

    def written(self) -> list[int]:
        """The steps of the states that are on the disk since this was last asked."""
        written, self._written = self._written, []
        return written

    def __enter__(self) -> Saver:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the thread after its work."""
        self._worker.shutdown()

    def _is_idle(self) -> bool:
        return self._job is None or self._job.done()

    def _write(self, state: Callable[[], RunState], loras: Sequence[LoraFile], released: Sequence[Path]) -> None:
        for each in loras:
            each.write()
        arranged = state()
        arranged.save(self._folder)
        self._written.append(arranged.step)
        for path in released:
            remove(path)
