"""A training step in portions that fit into memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from ..errors import TrainingError
from ..memory import Portion, Shortage
from ..model.unet import UNet
from ..record.writer import RunRecord
from .plan import MemoryPlan

Outcome = TypeVar("Outcome")
NO_MEMORY = (
    "Out of memory: there is no room for the base model and its LoRA. Nothing that was saved is lost. Choose bfloat16 "
    "precision, fewer layers or a smaller rank, or close other programs that use the GPU, and run again."
)


class StepPortions:
    """How many pictures go through the network at once; as a last resort their activations are computed twice."""

    def __init__(self, plan: MemoryPlan, size: int, unet: UNet, record: RunRecord, device: torch.device) -> None:
        """Begins with `size`, if that is less than the plan's: what fitted before the run was interrupted."""
        self._unet, self._record = unet, record
        self._portion = Portion(
            plan.micro_batch,
            device,
            lambda text: record.event("micro_batch", f"{text.removesuffix('.')}, same effective batch."),
        )
        self._portion.size = min(size, plan.micro_batch)

    def run(self, work: Callable[[int], Outcome], step: int) -> Outcome:
        """`work(size)`, the whole of optimiser step `step` with micro-batches of that size.

        Raises:
            TrainingError: there is no memory for a single picture.
        """
        doing = f"at step {step}"
        outcome = self._portion.run(work, doing)
        if isinstance(outcome, Shortage) and not self._unet.gradient_checkpointing:
            self._unet.gradient_checkpointing = True
            text = f"Out of memory {doing} even with one picture at a time: gradient checkpointing is on from here."
            self._record.event("memory", text)
            outcome = self._portion.run(work, doing)
        if isinstance(outcome, Shortage):
            raise TrainingError(
                f"Out of memory {doing} even with one picture at a time and gradient checkpointing. Nothing that was "
                "saved is lost. Choose a smaller resolution or bfloat16 precision, or close other programs that use "
                "the GPU, and run again."
            )
        return outcome
