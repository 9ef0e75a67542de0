"""The file that TensorBoard reads: scalars and pictures by step.

tensorboardX's SummaryWriter writes from a thread of its own, which ends silently on a full disk and leaves the next
writer waiting for ever. This one writes where it is called, so that the caller gets the error.
"""

from __future__ import annotations

import contextlib
import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..files import writing_failed
from ..requirements import TENSORBOARDX

if TYPE_CHECKING:
    from tensorboardX.event_file_writer import EventsWriter

_log = logging.getLogger(__name__)


class EventFile:
    """One event file in a folder that may hold several, one for each time the run was started.

    Without tensorboardX nothing is written, and `absence` says why: that is no reason to stop a run.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        """Whatever earlier files in the folder say about `first_step` and later is void.

        Raises:
            RunError: it cannot be written.
        """
        self._folder = folder
        self._writer: EventsWriter | None = None
        self.absence = TENSORBOARDX.problem()
        if self.absence:
            _log.warning("Training continues without files for TensorBoard. %s", self.absence)
            return
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import SessionLog

        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = EventsWriter(str(folder / "events"), f".{first_step}")
        except OSError as error:
            raise writing_failed(folder, 0, error) from error
        self._write(first_step, session_log=SessionLog(status=SessionLog.START))

    def scalar(self, name: str, value: float, step: int) -> None:
        """A point of the curve `name`."""
        if self._writer is None:
            return
        from tensorboardX.summary import scalar

        self._write(step, summary=scalar(name, value))

    def picture(self, name: str, pixels_HWC: NDArray[np.uint8], step: int) -> None:
        """A picture, shape (height, width, 3), 0 to 255."""
        if self._writer is None:
            return
        from tensorboardX.summary import image

        self._write(step, summary=image(name, pixels_HWC, dataformats="HWC"))

    def flush(self) -> None:
        """Lets TensorBoard see what has been written so far."""
        if self._writer is None:
            return
        try:
            self._writer.flush()
        except OSError as error:
            raise writing_failed(self._folder, 0, error) from error

    def close(self) -> None:
        """Closes the file. A full disk was reported earlier, or costs only the last few points."""
        if self._writer is not None:
            with contextlib.suppress(OSError):
                self._writer.close()

    def _write(self, step: int, **content: object) -> None:
        assert self._writer is not None
        from tensorboardX.proto.event_pb2 import Event

        try:
            self._writer.write_event(Event(step=step, wall_time=time.time(), **content))
        except OSError as error:
            raise writing_failed(self._folder, 0, error) from error
