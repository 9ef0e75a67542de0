"""What is to be done in the folder of a run: begin, resume or nothing. What it holds is never trained over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..config import TrainingConfig
from ..errors import CheckpointError, RunError
from ..record.checkpoints import last_saved_step
from ..record.past import Past
from ..run_folder import STATE
from .state import RunState

_UNTOUCHED = (
    "Its LoRA files are untouched: pick one of them, or train under another run name, from the last of them if you "
    "like (start_from of LoRA Trainer, --from-lora on the command line)."
)


@dataclass(frozen=True)
class Standing:
    """Where training stands in a run's folder."""

    complete: bool
    """Whether nothing is left to do."""
    state: RunState | None
    """Where to resume; None in a run that has not taken a step."""


def find_standing(folder: Path, training: TrainingConfig) -> Standing:
    """Where training stands in a folder with a run.json. Nothing in it is changed.

    Raises:
        RunError: the run is unfinished, and its state is gone or is that of an earlier time.
        CheckpointError: the run is unfinished, and its states are damaged or of another version.
    """
    past = Past.read(folder)
    try:
        state = RunState.load(folder / STATE)
    except CheckpointError:
        if past.is_complete(training):
            return Standing(True, None)
        raise
    if state is not None and not _outlived(state, past, folder):
        return Standing(state.closed_epoch >= training.epochs, state)
    if past.is_complete(training):
        return Standing(True, None)
    if state is not None:
        raise RunError(
            f"The run {folder.name!r} has been trained to epoch {past.closed_epoch}, but its saved state is that of "
            f"epoch {state.closed_epoch}: it was copied back from an earlier time. Going on from there would drop what "
            f"came later. Put the newest state back to resume. {_UNTOUCHED}"
        )
    if past.has_results:
        raise RunError(
            f"The run {folder.name!r} has been trained to epoch {past.closed_epoch}, but its state is gone: its "
            f"state folder was deleted or not copied. It cannot be resumed. {_UNTOUCHED}"
        )
    return Standing(False, None)


def _outlived(state: RunState, past: Past, folder: Path) -> bool:
    """Whether the run went on after this state and saved another one since, which is gone.

    If the newest state is still there, but damaged, the one before it is meant to be used.
    """
    return state.step >= last_saved_step(folder / STATE) and past.is_ahead_of(state.closed_epoch, state.step)
