"""Which weights of a LoRA: those after an epoch, or their moving average over the steps."""

from __future__ import annotations

from enum import Enum


class Weights(str, Enum):
    """The two kinds of weights that a run keeps checkpoints of. Their values are used in files and messages."""

    AVERAGED = "averaged"
    """The moving average: steadier, and overfitting later. Of two equally good checkpoints, this one is picked."""
    RAW = "raw"
    """As trained; the paper's way."""

    __str__ = str.__str__

    @property
    def file_suffix(self) -> str:
        """What the file name of a checkpoint of these weights ends in, before ".safetensors"."""
        return "_averaged" if self is Weights.AVERAGED else ""


CHOICES = ("best", *(weights.value for weights in Weights))
"""Which checkpoints may be picked; best means those that validate lower."""
