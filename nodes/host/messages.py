"""What the server tells the pages of a training. The browser's types are made from it: python -m devtools.view_types"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RunMessage:
    """What a message is about. It goes to every page."""

    node: str
    """Execution id of the node that trains. Such ids repeat from workflow to workflow."""
    prompt_id: str
    """Of the prompt that the node is executed for."""
    run: str


@dataclass(frozen=True)
class ProgressMessage(RunMessage):
    """The event lora_atelier.progress, a few times a second."""

    stage: str
    """What is being done, such as caching or training."""
    step: int
    """Done so far, of `steps`; pictures while caching."""
    steps: int
    epoch: int
    epochs: int
    loss: float | None
    seconds_left: float | None


@dataclass(frozen=True)
class EpochMessage(RunMessage):
    """The event lora_atelier.epoch: an epoch is in the run's folder. lora_atelier.ended: it was the last, or 0."""

    epoch: int


@dataclass(frozen=True)
class NoteMessage(RunMessage):
    """The event lora_atelier.note: something to know before the first step, in a sentence or two."""

    text: str


@dataclass(frozen=True)
class SavedCheckpoint:
    """A checkpoint that CheckpointPicker has put into the loras folder."""

    run: str
    epoch: int
    weights: str
    file: str
