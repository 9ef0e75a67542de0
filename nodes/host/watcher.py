"""Shows a training run in the node that runs it, and passes ComfyUI's Cancel on to it."""

from __future__ import annotations

import time
from pathlib import Path

from PIL import Image

from ...lora_core.progress import Progress
from ...lora_core.record.reader import read_view
from . import progress, routes


class NodeWatcher:
    """A lora_core Watcher for the node with the given id. It limits its own events, since ComfyUI does not."""

    def __init__(self, node_id: str, run_folder: Path) -> None:
        self._node_id = node_id
        self._run_folder = run_folder
        self._show = progress.progress_bar()
        self._shown = 0.0

    def check(self) -> None:
        """Raises ComfyUI's interrupt after Cancel."""
        progress.raise_if_interrupted()

    def progress(self, progress: Progress) -> None:
        """Moves the bar and the status line, at most four times a second."""
        now = time.monotonic()
        if now - self._shown < 0.25 and progress.done < progress.total:
            return
        self._shown = now
        self._show(progress.done, progress.total, None)
        routes.send(
            "progress",
            {
                "node": self._node_id,
                "run": self._run_folder.name,
                "stage": progress.stage,
                "step": progress.done,
                "steps": progress.total,
                "epoch": progress.epoch,
                "epochs": progress.epochs,
                "loss": progress.loss,
                "seconds_left": progress.seconds_left,
            },
        )

    def note(self, text: str) -> None:
        """Shows the run's notes, of which this is one, before its first step."""
        self._send_view()

    def preview(self, image: Image.Image) -> None:
        """Shows the preview in the node."""
        self._show(0, 1, image)
        self._shown = 0.0

    def epoch_closed(self, epoch: int) -> None:
        """Sends the curves so far to the chart."""
        self._send_view()

    def _send_view(self) -> None:
        routes.send("view", {"node": self._node_id, "view": read_view(self._run_folder).to_json()})
