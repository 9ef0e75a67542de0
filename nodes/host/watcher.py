"""Shows a training run in the node that runs it, and passes ComfyUI's Cancel on to it."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Any

from PIL import Image

from ...lora_core.progress import EnoughTrained, Progress
from . import progress, routes, stopping
from .messages import EpochMessage, NoteMessage, ProgressMessage, RunMessage


class NodeWatcher:
    """A lora_core Watcher for the node with the given id, made while that node is executed, and entered to train.

    It limits its own events, since ComfyUI does not.
    """

    def __init__(self, node_id: str, run_folder: Path) -> None:
        self._about = RunMessage(node_id, progress.prompt_id(), run_folder.name)
        self._show = progress.progress_bar()
        self._shown = 0.0
        self._epoch = 0
        """The last epoch that was finished, as far as this watcher knows."""

    def __enter__(self) -> NodeWatcher:
        stopping.begin(self._about.run)
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _where: TracebackType | None) -> bool:
        """Tells the charts that nothing trains any more. A run that was stopped to be used has saved its LoRAs, and the
        graph goes on with them."""
        stopping.end(self._about.run)
        self._send("ended", EpochMessage, epoch=self._epoch)
        return kind is EnoughTrained

    def check(self) -> None:
        """Raises ComfyUI's interrupt after Cancel, and EnoughTrained if the run is to be used as it is."""
        progress.raise_if_interrupted()
        if stopping.is_asked(self._about.run):
            raise EnoughTrained

    def progress(self, progress: Progress) -> None:
        """Moves the bar and the status line, at most four times a second."""
        now = time.monotonic()
        if now - self._shown < 0.25 and progress.done < progress.total:
            return
        self._shown = now
        self._show(progress.done, progress.total, None)
        self._send(
            "progress",
            ProgressMessage,
            stage=progress.stage,
            step=progress.done,
            steps=progress.total,
            epoch=progress.epoch,
            epochs=progress.epochs,
            loss=progress.loss,
            seconds_left=progress.seconds_left,
        )

    def note(self, text: str) -> None:
        """Shows it in the chart, with the notes that are in the run's folder, before the run's first step."""
        self._send("note", NoteMessage, text=text)
        self._send("epoch", EpochMessage, epoch=0)

    def preview(self, image: Image.Image) -> None:
        """The chart has it already: ComfyUI would draw it below the chart, which it would make half as high."""

    def epoch_closed(self, epoch: int) -> None:
        """Tells the charts that there is more to see; those that are looked at ask for it."""
        self._epoch = epoch
        self._send("epoch", EpochMessage, epoch=epoch)

    def _send(self, event: str, kind: type[RunMessage], **news: Any) -> None:
        routes.send(event, kind(**vars(self._about), **news))
