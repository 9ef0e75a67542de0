"""The processes that train one LoRA together, each on its share of every batch.

`accelerate launch` and `torchrun` start them and tell each its place by environment variables. All hold the same
weights: what travels between them is the LoRA's gradient and a few numbers, once a step.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, distributed

from ..errors import AtelierError

PATIENCE = timedelta(hours=2)
"""How long a process waits for the others: they may be encoding pictures, or drawing a preview."""
Value = TypeVar("Value")


@dataclass(frozen=True)
class Team:
    """This process's place among those that train together; by default it is alone."""

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls, device: torch.device) -> Team:
        """The team that this process was started for, if any: see torch's `torchrun` for the variables."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return cls()
        backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
        if not distributed.is_initialized():
            distributed.init_process_group(backend, timeout=PATIENCE)
        return cls(distributed.get_rank(), size)

    @property
    def leads(self) -> bool:
        """Whether this process writes the record and speaks for all."""
        return self.rank == 0

    @property
    def share(self) -> slice:
        """Which of the things that all know are this process's to do."""
        return slice(self.rank, None, self.size)

    def add(self, tensor: Tensor) -> None:
        """Replaces a tensor by the sum of everybody's."""
        if self.size > 1:
            distributed.all_reduce(tensor)

    def agree(self, value: bool) -> bool:
        """Whether anybody says so; waits for everybody."""
        if self.size == 1:
            return value
        votes = torch.tensor(float(value))
        self.add(votes)
        return bool(votes)

    def ask(self, find: Callable[[], Value]) -> Value:
        """What `find` returns, or raises, for the one that leads; only that one calls it."""
        if self.size == 1:
            return find()
        answer: list[tuple[Value | None, AtelierError | None]] = [(None, None)]
        if self.leads:
            try:
                answer = [(find(), None)]
            except AtelierError as error:
                answer = [(None, error)]
        distributed.broadcast_object_list(answer)
        value, refusal = answer[0]
        if refusal is not None:
            raise refusal
        return value  # type: ignore[return-value]


ALONE = Team()


def device_of_this_process() -> torch.device | None:
    """The GPU that a launcher gave to this process, if it is one of several."""
    local = os.environ.get("LOCAL_RANK")
    if local is None or not torch.cuda.is_available():
        return None
    return torch.device("cuda", int(local) % torch.cuda.device_count())
