"""A batch shared between threads: one network, several copies with the same weights and gradients of their own.

Threads inside of each operation wait for one another some hundred times a step, which is slow as soon as anything else
runs on the machine. Here they wait once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch
from torch import Tensor

Share = TypeVar("Share")


class Replicas:
    """`count` copies of a network, the first of them the network itself; all read the same weights."""

    def __init__(self, network: torch.nn.Module, count: int) -> None:
        torch.set_num_threads(1)
        self.copies = [network, *(copy.deepcopy(network) for _ in range(count - 1))]
        for other in self.copies[1:]:
            for own, shared in zip(other.parameters(), network.parameters(), strict=True):
                own.data = shared.data
        self._pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))

    def backward(self, loss_of: Callable[[torch.nn.Module, Share], Tensor], shares: Sequence[Share]) -> float:
        """Leaves the gradients of the mean loss over the shares, one a copy, in the network; returns that loss.

        Args:
            loss_of: called with a copy and its share, in a thread of its own; the loss is a scalar.
        """
        for other in self.copies[1:]:
            other.zero_grad(set_to_none=True)
            for own, shared in zip(other.buffers(), self.copies[0].buffers(), strict=True):
                own.copy_(shared)

        def work(network: torch.nn.Module, share: Share) -> float:
            loss = loss_of(network, share) / len(shares)
            loss.backward()  # type: ignore[no-untyped-call]
            return loss.item()

        losses = list(self._pool.map(work, self.copies, shares))
        for other in self.copies[1 : len(shares)]:
            for total, part in zip(self.copies[0].parameters(), other.parameters(), strict=True):
                if part.grad is not None:
                    total.grad = part.grad if total.grad is None else total.grad.add_(part.grad)
        return sum(losses)
