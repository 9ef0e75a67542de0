"""Shows a training run in the node that runs it, and passes ComfyUI's Cancel on to it."""

from __future__ import annotations

import time
from pathlib import Path

from PIL import Image

from ...lora_core.progress import Progress
from . import progress, routes


class NodeWatcher:
    """A lora_core Watcher for the node with the given id, made while that node is executed.

    It limits its own events, since ComfyUI does not. They go to every page, and each says what it is about: the node by
    its execution id, and the prompt, since node ids repeat from workflow to workflow.
    """

    def __init__(self, node_id: str, run_folder: Path) -> None:
        self._about = {"node": node_id, "prompt_id": progress.prompt_id(), "run": run_folder.name}
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
                **self._about,
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
        """Lets the chart show the run's notes, of which this is one, before its first step."""
        self.epoch_closed(0)

    def preview(self, image: Image.Image) -> None:
        """Shows the preview in the node."""
        self._show(0, 1, image)
        self._shown = 0.0

    def epoch_closed(self, epoch: int) -> None:
        """Tells the charts that there is more to see; those that are looked at ask for it."""
        routes.send("epoch", {**self._about, "epoch": epoch})

    def ended(self) -> None:
        """Tells the charts that nothing trains any more, however that came."""
        routes.send("ended", self._about)
