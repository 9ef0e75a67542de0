"""Which weights of a LoRA: as they stand after an epoch, or their moving average over the steps."""

from __future__ import annotations

from enum import Enum


class Weights(str, Enum):
    """The two kinds of weights that a run keeps checkpoints of. Their values stand in files and messages."""

    AVERAGED = "averaged"
    """The moving average: steadier, and overfitting later. Of two equally good checkpoints, this one is picked."""
    RAW = "raw"
    """As trained; the paper's way."""

    __str__ = str.__str__

    @property
    def file_suffix(self) -> str:
        """What the name of a checkpoint of these weights ends in, before ".safetensors"."""
        return "_averaged" if self is Weights.AVERAGED else ""


CHOICES = ("best", *(weights.value for weights in Weights))
"""Whose checkpoints a pick may be among; best is whichever validates lower."""
