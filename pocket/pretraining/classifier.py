"""The second stage: two small networks that tell the kinds of buildings apart.

One of them measures the others' work. The other, which began elsewhere, guides the autoencoder by its features, so that
the measure is not what was trained for.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, relu

from lora_core.rng import stream

from .pictures import Drawings, pixels
from .plan import Log, Plan
from .replicas import Replicas
from .training import Training

BATCH = 32
FARTHEST = 12
"""Pixels that a picture is moved by at most, so that the place of a building says nothing."""


class Classifier(torch.nn.Module):
    """Four convolutions that halve the sides, the mean over what is left, and one layer from there to the kinds."""

    def __init__(self, kinds: int, widths: tuple[int, ...] = (32, 64, 96, 128)) -> None:
        super().__init__()
        self.convolutions = torch.nn.ModuleList(
            torch.nn.Conv2d(before, after, 5 if before == 3 else 3, stride=2, padding=2 if before == 3 else 1)
            for before, after in zip((3, *widths), widths, strict=False)
        )
        self.norms = torch.nn.ModuleList(torch.nn.GroupNorm(8, width) for width in widths)
        self.last = torch.nn.Linear(widths[-1], kinds)

    def features(self, pictures_BCHW: Tensor) -> Tensor:
        """What the verdict is read from, shape (B, 128); pictures are from -1 to 1."""
        return self.maps(pictures_BCHW, len(self.norms))[-1].mean(dim=(2, 3))

    def maps(self, pictures_BCHW: Tensor, count: int) -> list[Tensor]:
        """What the first convolutions make of pictures from -1 to 1, each half as wide and high as the one before."""
        maps = [pictures_BCHW]
        for convolution, norm in list(zip(self.convolutions, self.norms, strict=True))[:count]:
            maps.append(relu(norm(convolution(maps[-1]))))
        return maps[1:]

    def forward(self, pictures_BCHW: Tensor) -> Tensor:
        """A number for each kind, the highest for the likeliest, shape (B, kinds)."""
        return self.last(self.features(pictures_BCHW))  # type: ignore[no-any-return]


def train_classifier(plan: Plan, drawings: dict[str, Drawings], log: Log) -> Classifier:
    """The one that measures."""
    return _train(plan, "classifier", plan.seed, drawings, log)


def train_guide(plan: Plan, drawings: dict[str, Drawings], log: Log) -> Classifier:
    """The one that guides; its weights stay as they are from here on."""
    return _train(plan, "guide", plan.seed + 1, drawings, log).requires_grad_(False)


def _train(plan: Plan, stage: str, seed: int, drawings: dict[str, Drawings], log: Log) -> Classifier:
    """Trains on equally many pictures of each kind, moved, mirrored and with changed contrast."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        classifier = Classifier(len(drawings))
    training = Training(plan, stage, classifier, plan.classifier_steps, learning_rate=2e-3, weight_decay=0.02)
    replicas = Replicas(classifier, plan.threads)
    pictures = [kind.pictures for kind in drawings.values()]

    def backward(step: int) -> float:
        generator = stream(seed, "classifier", step)
        kinds = torch.randint(len(pictures), (BATCH,), generator=generator)
        chosen = []
        for kind in kinds.tolist():
            place = torch.randint(plan.held_out, len(pictures[kind]), (), generator=generator)
            chosen.append(pictures[kind][place])
        changed = _changed(pixels(np.stack(chosen)), generator)
        shares = list(zip(changed.chunk(plan.threads), kinds.chunk(plan.threads), strict=True))
        return replicas.backward(lambda network, share: cross_entropy(network(share[0]), share[1]), shares)

    def measured(_last: bool) -> dict[str, float]:
        shares = [accuracy(classifier, pixels(of_kind[: plan.held_out]), kind) for kind, of_kind in enumerate(pictures)]
        return {"held_out_accuracy": float(np.mean(shares))}

    training.run(backward, log, measured)
    return classifier


def _changed(pictures_BCHW: Tensor, generator: torch.Generator) -> Tensor:
    """Each moved, mirrored or not, and with a contrast of its own."""
    across, down = torch.randint(-FARTHEST, FARTHEST + 1, (2,), generator=generator).tolist()
    if torch.rand((), generator=generator) < 0.5:
        pictures_BCHW = pictures_BCHW.flip(3)
    contrast = 0.7 + 0.6 * torch.rand((len(pictures_BCHW), 1, 1, 1), generator=generator)
    return (pictures_BCHW.roll((down, across), (2, 3)) * contrast).clamp(-1, 1)


@torch.no_grad()
def accuracy(classifier: Classifier, pictures_BCHW: Tensor, kind: int) -> float:
    """The share of pictures that are taken for the kind they are of."""
    verdicts = [classifier(part).argmax(dim=1) for part in torch.split(pictures_BCHW, BATCH)]
    return (torch.cat(verdicts) == kind).float().mean().item()
