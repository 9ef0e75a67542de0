"""How a run uses the memory there is: how many pictures at once, and whether activations are computed twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from ..config import RunConfig
from ..dataset.style import StyleDataset
from ..memory import Room, room, size_of
from ..model.base import BaseModel
from ..model.need import Need, count_need

VALIDATED_AT_ONCE = 8
"""The most points of a validation grid that go through the network together."""
GIB = 2**30
WORTH_COUNTING = GIB // 4
"""Bytes of a UNet from which on its run may be too much for a computer without a graphics card."""


@dataclass(frozen=True)
class MemoryPlan:
    """Decided before the first step. None of it changes a result beyond rounding."""

    micro_batch: int
    """Pictures that go through the network at once in training."""
    checkpointing: bool
    """Whether activations are computed again in the backward pass instead of kept."""
    at_once: int
    """Points of a validation grid that go through the network at once."""
    need: int = 0
    """Bytes on the device, as counted; 0 where it was not."""
    room: Room | None = None
    activations: int = 0
    """Bytes of the need that are free again after each step."""

    @property
    def may_record(self) -> bool:
        """Whether recorded steps (`graphed.py`), which keep their activations' memory to themselves, leave room for
        all the rest. With checkpointing, steps cannot be recorded."""
        return self.room is not None and not self.checkpointing and self.need + self.activations <= self.room.free

    @property
    def text(self) -> str:
        """For instance "About 6.4 GB of 12 GB of memory."; empty where free memory is unknown."""
        if self.room is None:
            return ""
        how = [f"{self.micro_batch} at a time"] if self.micro_batch else []
        how += ["gradient checkpointing"] if self.checkpointing else []
        text = f"About {gigabytes(self.need)} of {gigabytes(self.room.total)} of memory ({', '.join(how)})."
        if self.need > self.room.free:
            text += (
                f" Only {gigabytes(self.room.free)} are free: it may run out, or be very slow. Close other programs."
            )
        return text


def plan_memory(config: RunConfig, base: BaseModel, dataset: StyleDataset, device: torch.device) -> MemoryPlan:
    """Counts what the run needs and compares it with the free memory of the device.

    On a CPU, and where free memory is unknown, the recipe is followed as it is, and the need of small networks is not
    even counted. `base` may be anywhere, without a LoRA.
    """
    there = room(device)
    training = config.training
    if there is None and size_of(base.unet) < WORTH_COUNTING:
        return MemoryPlan(training.batch_size, training.gradient_checkpointing, VALIDATED_AT_ONCE)
    largest = max((picture.bucket for picture in dataset.pictures), key=lambda bucket: bucket[0] * bucket[1])
    need = count_need(base, config.lora, largest, average=bool(training.average_decay))
    if there is None:
        batch, checkpointing = training.batch_size, training.gradient_checkpointing
        return MemoryPlan(batch, checkpointing, VALIDATED_AT_ONCE, need.step(batch, checkpointing))
    parts = [base.unet, base.text_encoder]
    moved = sum(size_of(part, device) for part in parts)  # is counted in the need, so it counts as free
    return choose(need, Room(there.free + moved, there.total), training.batch_size, training.gradient_checkpointing)


def choose(need: Need, there: Room, batch: int, checkpointing: bool) -> MemoryPlan:
    """The fastest way that fits: smaller micro-batches first, then checkpointing, which costs a third pass.

    `checkpointing` asks for it in any case.
    """
    ways = [(pictures, twice) for twice in ([True] if checkpointing else [False, True]) for pictures in _halved(batch)]
    fitting = (way for way in ways if need.step(*way) <= there.free)
    micro_batch, checkpointing = next(fitting, ways[-1])
    most = max(there.free, need.step(micro_batch, checkpointing))
    at_once = next((points for points in _halved(VALIDATED_AT_ONCE) if need.validation(points) <= most), 1)
    step = need.step(micro_batch, checkpointing)
    peak = max(step, need.validation(at_once))
    return MemoryPlan(micro_batch, checkpointing, at_once, peak, there, step - need.resident)


def _halved(number: int) -> Iterator[int]:
    """8, 4, 2, 1."""
    while number:
        yield number
        number //= 2


def gigabytes(size: int) -> str:
    """As graphics cards count: a 12 GB card reports 11.99."""
    return f"{round(size / GIB, 1):g} GB"
