"""The folder of a run: everything that plots, pickers and people read, and nothing else.

    run.json         what would be needed to repeat the run: recipe, pictures, base model, versions
    history.jsonl    one JSON object a line: steps, validations, checkpoints, previews, events
    checkpoints/     epoch_0001.safetensors, epoch_0001_averaged.safetensors, ... under kohya's key names
    previews/        epoch_0005.png, ...
    tensorboard/     the same curves and pictures for `tensorboard --logdir`
    state/           what resuming needs

The formats are described in docs/run-folder.md.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import io
import json
import os
import platform
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from PIL import Image

from . import __version__
from .checkpoints import checkpoint_path
from .config import RunConfig
from .dataset import StyleDataset
from .errors import RunError
from .event_file import EventFile
from .files import atomic_write, clear_leftovers, writing_failed

FORMAT = 2
_CURVES = {"validation": "loss/validation", "averaged": "loss/validation_averaged", "probe": "loss/probe"}
"""The curves' names in TensorBoard."""
_LIBRARIES = ("torch", "transformers", "safetensors", "numpy", "pillow")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def check_run_name(name: str) -> str:
    """The name, if it can be the name of a folder on every system.

    Raises:
        RunError: it is empty, holds a path or a character that Windows forbids, or is too long.
    """
    forbidden = re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    if forbidden or not name.strip(" .") or name != name.strip(" ") or name.endswith("."):
        what = f"contains {forbidden.group()!r}" if forbidden else "is empty or starts or ends with a space or a dot"
        raise RunError(f"The run name {name!r} {what}. Use letters, digits, spaces, - and _ only.")
    if len(name) > 100 or name.split(".")[0].casefold() in _RESERVED:
        raise RunError(f"The run name {name!r} is too long or reserved by Windows. Choose another one.")
    return name


class RunRecord:
    """Writes one run's folder; holds its lock from birth to `close`."""

    def __init__(
        self,
        folder: Path,
        config: RunConfig,
        dataset: StyleDataset,
        base_fingerprint: str,
        origin: dict[str, Any],
    ) -> None:
        """Opens the folder for a new run or, with the same recipe, pictures and base model, for going on with one.

        Raises:
            RunError: another process trains in it, it was made from other inputs (they are named), or it cannot be
                written.
        """
        self.folder = folder
        self.config = config
        self._lock = FileLock(folder / ".lock")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"The run {folder.name!r} is being trained by another process. Wait for it or use another run name."
            ) from error
        except OSError as error:
            raise writing_failed(folder, 0, error) from error
        try:
            clear_leftovers(folder)
            self.run = self._open_run(config, dataset, base_fingerprint, origin)
        except BaseException:
            self._lock.release()
            raise
        self._open = contextlib.ExitStack()
        self._open.callback(self._lock.release)

    def _open_run(
        self, config: RunConfig, dataset: StyleDataset, base_fingerprint: str, origin: dict[str, Any]
    ) -> dict[str, Any]:
        inputs = {"dataset": dataset.fingerprint(), "base_model": base_fingerprint}
        try:
            run = read_run(self.folder)
        except FileNotFoundError:
            run = {
                "format": FORMAT,
                "name": self.folder.name,
                "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            }
        else:
            _check_same(self.folder.name, run, config, inputs)
            run["format"] = FORMAT
        run |= {
            "config": config.to_json(),
            "fingerprints": inputs,
            "dataset": dataset.manifest(),
            "versions": _versions(),
            "origin": origin,
        }
        atomic_write(self.folder / "run.json", json.dumps(run, indent=1, ensure_ascii=False).encode("utf-8"))
        return run

    def rewind(self, size: int, step: int) -> None:
        """Begins after a saved state, or at 0 and 0: drops what the history tells of later times.

        To be called once, before anything is recorded but events; `size` is the history's length at that state.
        """
        path = self._history
        if path.exists():
            with path.open("r+b") as file:
                file.truncate(min(size, self.history_size))  # never lengthened: with zeros, if lines were lost
        self._events = EventFile(self.folder / "tensorboard", step + 1)
        self._open.callback(self._events.close)
        if self._events.absence:
            self.event("no_tensorboard", self._events.absence)

    @property
    def history_size(self) -> int:
        """Bytes of history so far: what `rewind` wants to come back to this moment."""
        return self._history.stat().st_size if self._history.exists() else 0

    def step(self, step: int, epoch: int, loss: float, learning_rate: float, seconds: float) -> None:
        """One optimiser step."""
        self._append(
            kind="step",
            step=step,
            epoch=epoch,
            loss=loss,
            learning_rate=learning_rate,
            seconds=round(seconds, 4),
        )
        self._events.scalar("loss/train", loss, step)
        self._events.scalar("learning_rate", learning_rate, step)

    def grid(self, of: str, pictures: list[str], timesteps: list[list[int]], weights: list[list[float]]) -> None:
        """The points that all losses of one kind, validation or probe, are measured at; repeated on resuming.

        A row a picture, named by its content hash, and a column a timestep, as in the losses.
        """
        self._append(kind="grid", of=of, pictures=pictures, timesteps=timesteps, weights=weights)

    def validation(
        self, epoch: int, step: int, loss: float, losses: list[list[float]], seconds: float, kind: str = "validation"
    ) -> None:
        """One pass over the grid: its weighted mean, and all losses, a row a picture and a column a timestep.

        `kind` says what was measured: validation for the raw weights, averaged for their average, probe for the grid
        on training pictures.
        """
        self._append(kind=kind, epoch=epoch, step=step, loss=loss, losses=losses, seconds=round(seconds, 3))
        self._events.scalar(_CURVES[kind], loss, step)
        self._events.flush()

    def checkpoint(self, epoch: int, released: list[int], weights: str = "raw") -> None:
        """A checkpoint was written and, to stay within the budget, those of some other epochs were let go."""
        file = checkpoint_path(self.folder, epoch, weights).relative_to(self.folder).as_posix()
        self._append(kind="checkpoint", epoch=epoch, weights=weights, file=file)
        if released:
            self._append(kind="released", weights=weights, epochs=released)

    def preview(self, epoch: int, step: int, image: Image.Image) -> None:
        """Saves a preview picture."""
        png = io.BytesIO()
        image.save(png, "PNG")
        path = self.folder / "previews" / f"epoch_{epoch:04d}.png"
        atomic_write(path, png.getvalue())
        self._append(kind="preview", epoch=epoch, file=f"previews/{path.name}")
        self._events.picture("preview", np.asarray(image), step)

    def event(self, what: str, text: str) -> None:
        """Something a reader of the run should know: resumed, average, no_tensorboard, micro_batch, cancelled, ..."""
        self._append(kind="event", what=what, text=text, time=time.strftime("%Y-%m-%dT%H:%M:%S%z"))

    def close(self) -> None:
        """Lets go of the lock; the folder stays."""
        self._open.close()

    @property
    def _history(self) -> Path:
        return self.folder / "history.jsonl"

    def _append(self, **entry: Any) -> None:
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode("utf-8")
        size = self.history_size
        try:
            with self._history.open("ab") as file:
                file.write(line)
                if entry["kind"] != "step":  # what closes an epoch is on the disk before the state that counts on it
                    file.flush()
                    os.fsync(file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                os.truncate(self._history, size)  # no half line is left for the next one to be glued to
            raise writing_failed(self._history, len(line), error) from error


def read_run(folder: Path) -> dict[str, Any]:
    """The contents of run.json.

    Raises:
        FileNotFoundError: there is no run in this folder.
        RunError: run.json is damaged or was written by a newer version.
    """
    text = (folder / "run.json").read_text(encoding="utf-8")
    try:
        run: dict[str, Any] = json.loads(text)
        written_format = int(run["format"])
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{folder / 'run.json'} is damaged ({error}). Train under another run name.") from error
    if written_format > FORMAT:
        raise RunError(f"The run {folder.name!r} was written by a newer LoRA Atelier. Update the pack to open it.")
    return run


def _check_same(name: str, run: dict[str, Any], config: RunConfig, inputs: dict[str, str]) -> None:
    if run["format"] < 2:
        raise RunError(
            f"The run {name!r} was begun by an older LoRA Atelier, which validated at other timesteps, so its losses "
            "and new ones cannot be compared. It can still be plotted and picked from; to train, choose another name."
        )
    differences = RunConfig.from_json(run["config"]).differences(config)
    labels = {"dataset": "the pictures, their captions or their split", "base_model": "the base model"}
    differences += [f"{labels[key]} changed" for key in inputs if run["fingerprints"][key] != inputs[key]]
    if differences:
        raise RunError(
            f"A run named {name!r} exists and was made differently: {'; '.join(differences)}. To go on with it, use "
            f"the same settings; to train anew, choose another run name."
        )


def _versions() -> dict[str, str]:
    versions = {
        "lora_atelier": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
    }
    for library in _LIBRARIES:
        try:
            versions[library] = importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:  # a portable build may carry a library without its metadata
            versions[library] = "unknown"
    return versions
