"""The batches of a run in order, each prepared while the device works on the one before."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from ..config import TrainingConfig
from ..dataset.style import Picture
from ..rng import stream
from .batches import epoch_batches
from .draws import Batch, draw_samples

LATENTS_KEPT = 256 * 2**20
"""Bytes of latents kept in memory, those of 4,096 pictures of 512 x 512; others are read again from the disk."""


class Feed:
    """Draws each step's pictures and random numbers. They depend on the seed and the step alone."""

    def __init__(
        self,
        config: TrainingConfig,
        pictures: Sequence[Picture],
        load_latents: Callable[[Picture, bool], Tensor],
        device: torch.device,
        share: slice = slice(None),
    ) -> None:
        """`share`: which of a step's pictures this process takes."""
        self._config, self._pictures, self._device, self._share = config, pictures, device, share
        self._load_latents = _remembering(load_latents)
        # Not a method: kept here it would refer back to this object, which then outlives the run with all it holds.
        self._order = functools.lru_cache(2)(functools.partial(_order_of, config, pictures))
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="feed")
        self._ahead: tuple[int, Future[Batch]] | None = None

    def batch(self, step: int) -> Batch:
        """The batch of a step, counted from 1; the next one is begun."""
        if self._ahead is not None and self._ahead[0] == step:
            batch = self._ahead[1].result()
        else:
            batch = self._worker.submit(self._drawn, step).result()
        self._ahead = step + 1, self._worker.submit(self._drawn, step + 1)
        return batch

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the thread."""
        self._worker.shutdown(cancel_futures=True)

    def _drawn(self, step: int) -> Batch:
        epoch, position = divmod(step - 1, self._config.steps_per_epoch(len(self._pictures)))
        pictures = [self._pictures[index] for index in self._order(epoch)[position]]
        samples = draw_samples(self._config, step, pictures, self._load_latents)
        return Batch.of(samples, self._device, self._share)


def _order_of(config: TrainingConfig, pictures: Sequence[Picture], epoch: int) -> list[list[int]]:
    """The pictures of each step of an epoch, as indices."""
    buckets = [picture.bucket for picture in pictures]
    return epoch_batches(buckets, config.pictures_per_step, stream(config.seed, "order", epoch))


def _remembering(load_latents: Callable[[Picture, bool], Tensor]) -> Callable[[Picture, bool], Tensor]:
    """The same, but reads each file once as long as there is room."""
    kept: dict[tuple[Picture, bool], Tensor] = {}
    room = LATENTS_KEPT

    def load(picture: Picture, mirrored: bool) -> Tensor:
        nonlocal room
        known = kept.get((picture, mirrored))
        if known is not None:
            return known
        latents_CHW = load_latents(picture, mirrored)
        room -= latents_CHW.nbytes
        if room >= 0:
            kept[picture, mirrored] = latents_CHW
        return latents_CHW

    return load
