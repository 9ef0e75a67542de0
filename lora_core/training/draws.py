"""The random draws of a step, and its pictures put together for the device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import TrainingConfig
from ..dataset.style import Picture
from ..model.diffusion import NUM_TIMESTEPS, offset_noise
from ..rng import stream
from .batches import micro_batches


@dataclass(frozen=True)
class Sample:
    """One picture as one step sees it."""

    picture: Picture
    latents_CHW: Tensor
    noise_CHW: Tensor
    timestep: int
    caption: str


def draw_samples(
    config: TrainingConfig,
    step: int,
    pictures: Sequence[Picture],
    load_latents: Callable[[Picture, bool], Tensor],
) -> list[Sample]:
    """The random draws of a step, a function of the seed and the step alone."""
    count = len(pictures)
    timesteps = torch.randint(NUM_TIMESTEPS, (count,), generator=stream(config.seed, "timesteps", step)).tolist()
    flips = torch.rand(count, generator=stream(config.seed, "flips", step)) < 0.5
    drops = torch.rand(count, generator=stream(config.seed, "captions", step)) < config.caption_dropout
    samples = []
    for position, picture in enumerate(pictures):
        latents_CHW = load_latents(picture, config.horizontal_flip and bool(flips[position]))
        generator = stream(config.seed, "noise", step, position)
        noise_CHW = torch.randn(latents_CHW.shape, generator=generator)
        if config.noise_offset:
            offset_1C = torch.randn((1, len(noise_CHW)), generator=generator)
            noise_CHW = offset_noise(noise_CHW[None], offset_1C, config.noise_offset)[0]
        caption = "" if drops[position] else picture.caption or ""
        samples.append(Sample(picture, latents_CHW, noise_CHW, timesteps[position], caption))
    return samples


@dataclass(frozen=True)
class Group:
    """Pictures of a step that have the same shape, on the device."""

    first: int
    """Position within the step of the first of them."""
    captions: list[str]
    latents_BCHW: Tensor
    noise_BCHW: Tensor
    timesteps_B: Tensor

    def parts(self, limit: int) -> list[Group]:
        """The group in pieces of at most `limit` pictures."""
        return [self._part(slice(start, start + limit)) for start in range(0, len(self.captions), limit)]

    def _part(self, some: slice) -> Group:
        first = self.first + some.start
        tensors = (self.latents_BCHW[some], self.noise_BCHW[some], self.timesteps_B[some])
        return Group(first, self.captions[some], *tensors)


@dataclass(frozen=True)
class Batch:
    """Everything that one step needs."""

    names: Sequence[str]
    """File names of all of its pictures, for error messages."""
    groups: Sequence[Group]
    """The pictures that this process takes."""

    @classmethod
    def of(cls, samples: Sequence[Sample], device: torch.device, share: slice = slice(None)) -> Batch:
        """Puts a `share` of the samples together by shape and sends it to the device, without waiting for it."""
        positions = range(len(samples))[share]
        buckets = [samples[position].picture.bucket for position in positions]
        groups = []
        for members in micro_batches(range(len(positions)), buckets, len(samples)):
            some = [samples[positions[member]] for member in members]
            groups.append(
                Group(
                    positions[members[0]],
                    [sample.caption for sample in some],
                    sent(torch.stack([sample.latents_CHW for sample in some]), device),
                    sent(torch.stack([sample.noise_CHW for sample in some]), device),
                    sent(torch.tensor([sample.timestep for sample in some]), device),
                )
            )
        return cls([sample.picture.path.name for sample in samples], groups)

    def __len__(self) -> int:
        return len(self.names)


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device, without waiting for it: CUDA copies so only from pinned memory."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)
