"""The folder of a run: everything that plots, pickers and people read, and nothing else.

    run.json         what is needed to repeat the run: recipe, pictures, base model, versions
    start.safetensors  the LoRA that training started from, if it did not start from zero
    history.jsonl    one JSON object per line: steps, validations, checkpoints, previews, events
    checkpoints/     epoch_0001.safetensors, epoch_0001_averaged.safetensors, ... under kohya's key names
    previews/        epoch_0005.png, ...
    tensorboard/     the same curves and pictures for `tensorboard --logdir`
    state/           what resuming needs

The formats are described in docs/run-folder.md.
"""

from __future__ import annotations

import contextlib
import io
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from ..config import RunConfig
from ..dataset.manifest import Manifest
from ..dataset.style import StyleDataset
from ..errors import RunError
from ..files import atomic_write, clear_leftovers, make_folder, writing_failed
from ..model.identity import ModelIdentity
from ..names import free_run
from ..picking.weights import Weights
from ..run_folder import HISTORY_FILE, RUN_FILE, START_FILE, TENSORBOARD, preview_path
from .checkpoints import checkpoint_path, save_lora
from .entries import CheckpointEntry, Event, GridEntry, Measurement, PreviewEntry, ReleasedEntry, StateEntry, StepEntry
from .history import HistoryFile
from .lock import WITHOUT_LOCKS, RunLock
from .past import Past
from .run_file import FORMAT, Fingerprints, Origin, Repeated, RunFile, versions
from .start import StartingLora
from .tensorboard import EventFile

OTHER_PICTURES = "the pictures, their captions or their split changed"
"""Why a run of the same recipe can't be resumed."""


class RunRecord:
    """Writes one run's folder; holds its lock from construction to `close`."""

    def __init__(
        self,
        folder: Path,
        config: RunConfig,
        dataset: StyleDataset,
        base: ModelIdentity,
        origin: Origin | None,
        start: StartingLora | None = None,
        repeats: Repeated | None = None,
    ) -> None:
        """Opens the folder for a new run or, with the same recipe, pictures, base model and start, to resume one.

        Raises:
            RunError: another process trains in it, it was made from other inputs (the message lists them), or it
                cannot be written.
        """
        self.folder = folder
        try:
            make_folder(folder)
        except OSError as error:
            raise writing_failed(folder, 0, error) from error
        self._lock = RunLock(folder)
        try:
            clear_leftovers(folder)
            self.run, self._remark = _describe(folder, config, dataset, base, origin, start, repeats)
            if not (folder / RUN_FILE).exists():
                if start is not None:
                    save_lora(folder / START_FILE, start.tensors, {})
                self.run.write(folder)
            elif repeats is not None:  # now perhaps the other weights of the same point
                self.run.write(folder)
        except BaseException:
            self._lock.release()
            raise
        self._history = HistoryFile(folder / HISTORY_FILE)
        self._open = contextlib.ExitStack()
        self._open.callback(self._lock.release)

    def rewind(self, size: int, step: int) -> None:
        """Starts from a saved state, or from 0 and 0: drops everything in the history after it.

        To be called once, before anything but events is recorded; `size` is the history's length at that state.
        """
        self.run.write(self.folder)
        self._history.rewind(size, step)
        if self._remark:
            self.event("base_model", self._remark)
        self._events = EventFile(self.folder / TENSORBOARD, step + 1)
        self._open.callback(self._events.close)
        if self._events.absence:
            self.event("no_tensorboard", self._events.absence)
        if self._lock.soft:
            self.event("no_lock", WITHOUT_LOCKS)

    @property
    def history_path(self) -> Path:
        """Of history.jsonl."""
        return self._history.path

    @property
    def history_size(self) -> int:
        """Bytes of history so far, all on the disk by then: what `rewind` needs in order to return to this moment."""
        self._history.flush()
        return self._history.size

    def step(self, entry: StepEntry) -> None:
        """One optimiser step."""
        self._history.append(entry)
        self._events.scalar("loss/train", entry.loss, entry.step)
        self._events.scalar("learning_rate", entry.learning_rate, entry.step)

    def grid(self, entry: GridEntry) -> None:
        """The points that all losses of one kind are measured at; repeated on resuming."""
        self._history.append(entry)

    def measurement(self, entry: Measurement) -> None:
        """One pass over a grid."""
        self._history.append(entry)
        self._events.scalar(entry.measured.tensorboard_name, entry.loss, entry.step)
        self._events.flush()

    def checkpoint(self, epoch: int, weights: Weights, released: list[int]) -> None:
        """A checkpoint was written and, to stay within the budget, those of some other epochs will be deleted."""
        file = checkpoint_path(self.folder, epoch, weights).relative_to(self.folder).as_posix()
        self._history.append(CheckpointEntry(epoch, weights, file))
        if released:
            self._history.append(ReleasedEntry(weights, released))

    def preview(self, epoch: int, step: int, image: Image.Image) -> None:
        """Saves a preview picture."""
        png = io.BytesIO()
        image.save(png, "PNG")
        path = preview_path(self.folder, epoch)
        atomic_write(path, png.getvalue())
        self._history.append(PreviewEntry(epoch, path.relative_to(self.folder).as_posix()))
        self._events.picture("preview", np.asarray(image), step)

    def state(self, entry: StateEntry) -> None:
        """A state was saved."""
        self._history.append(entry)

    def event(self, what: str, text: str) -> None:
        """Something a reader of the run should know; `what` is one of history.Event's."""
        self._history.append(Event(what, text, _now()))

    def finish(self, text: str) -> None:
        """Says that the run is finished, unless its history does: it may have been killed just before.

        A run that was stopped to be used as it is, and is now asked for no more than it has, has all its epochs.
        """
        past, config = Past.read(self.folder), self.run.config
        if not past.finished:
            self.event("finished", text)
        elif past.stopped_early and config.training.epochs <= past.closed_epoch:
            replace(RunFile.read(self.folder), config=config).write(self.folder)

    def close(self) -> None:
        """Releases the lock; the folder stays."""
        self._open.close()


def _describe(
    folder: Path,
    config: RunConfig,
    dataset: StyleDataset,
    base: ModelIdentity,
    origin: Origin | None,
    start: StartingLora | None,
    repeats: Repeated | None,
) -> tuple[RunFile, str]:
    """The run.json of a new run or of one that is resumed, and a remark on its base model, "" if there is none."""
    manifest = Manifest.of(dataset)
    fingerprints = Fingerprints(manifest.fingerprint, base.digest, base, start.fingerprint if start else "")
    name, created, remark = folder.name, _now(), ""
    before = check_same(folder, config, fingerprints, repeats)
    if before is not None:
        name, created, repeats = before.name, before.created, repeats or before.repeats
        if before.fingerprints.networks is None:
            remark = "Version 0.1 recorded the base model in another way: it is taken to be the one of the start."
        elif before.fingerprints.networks != base:
            remark = "The base model is in another number format than at the start, so its weights are rounded anew."
            fingerprints = before.fingerprints
    return RunFile(FORMAT, name, created, config, fingerprints, manifest, versions(), origin, repeats), remark


def check_same(
    folder: Path, config: RunConfig, fingerprints: Fingerprints | None, repeats: Repeated | None = None
) -> RunFile | None:
    """The run.json of the run that is in a folder, None if there is none.

    Args:
        folder: of the run.
        config: that it is to be trained with.
        fingerprints: of what it is to be made from. None before that is loaded: then only the recipes are compared.
        repeats: the run that it repeats, which its name comes from, so that no other name is proposed.

    Raises:
        RunError: the run was made from other inputs; the message lists them.
    """
    try:
        before = RunFile.read(folder)
    except FileNotFoundError:
        return None
    if before.format < 2:
        raise RunError(
            f"The run {before.name!r} was started by an older LoRA Atelier, which validated at other timesteps, so its "
            "losses and new ones cannot be compared. It can still be plotted and picked from; to train, choose another "
            "name."
        )
    differences = before.config.differences(config)
    if fingerprints is not None:
        differences += _other_inputs(before.fingerprints, fingerprints)
    if differences:
        other = f"choose another run name, such as {_free_name(folder)!r}" if repeats is None else "delete its folder"
        raise RunError(
            f"A run named {before.name!r} exists and was made differently: {'; '.join(differences)}. To resume it, "
            f"use the same settings; to train a new one, {other}."
        )
    return before


def _other_inputs(before: Fingerprints, now: Fingerprints) -> list[str]:
    """What a run was made from that is something else now."""
    found = []
    if before.dataset != now.dataset:
        found.append(OTHER_PICTURES)
    if before.networks is not None and now.networks is not None:
        others = before.networks.differences(now.networks)
        found += [f"the base model changed ({', '.join(others)})"] if others else []
    if before.start != now.start:
        found.append("the LoRA that it starts from changed")
    return found


def _free_name(folder: Path) -> str:
    return free_run(folder.name, lambda name: (folder.parent / name).exists())


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
