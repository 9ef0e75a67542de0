"""A small network that reads depth from drawn buildings, to measure with what a control picture of depth is worth."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import group_norm, interpolate, relu

from lora_core.rng import stream

from .hints import Greys
from .pictures import Pictures, pixels
from .plan import Log, Plan
from .replicas import Replicas
from .training import Training

BATCH = 16
WIDTHS = (24, 48, 72, 96)


class DepthReader(torch.nn.Module):
    """Four convolutions that halve the sides, and four that double them again beside what there was at that size."""

    def __init__(self) -> None:
        super().__init__()
        pairs = list(zip((3, *WIDTHS), WIDTHS, strict=False))
        self.down = torch.nn.ModuleList(torch.nn.Conv2d(before, after, 4, 2, 1) for before, after in pairs)
        self.up = torch.nn.ModuleList(
            torch.nn.Conv2d(after + before, max(before, WIDTHS[0]), 3, padding=1) for before, after in reversed(pairs)
        )
        self.last = torch.nn.Conv2d(WIDTHS[0], 1, 3, padding=1)

    def forward(self, pictures_BCHW: Tensor) -> Tensor:
        """The depth of pictures from -1 to 1, near 1 and far 0, shape (B, H, W)."""
        maps = [pictures_BCHW]
        for convolution in self.down:
            maps.append(relu(group_norm(convolution(maps[-1]), 8)))
        x = maps.pop()
        for convolution in self.up:
            x = relu(convolution(torch.cat([interpolate(x, scale_factor=2), maps.pop()], dim=1)))
        return self.last(x)[:, 0]  # type: ignore[no-any-return]


def train_depth_reader(plan: Plan, pictures: Pictures, depth: Greys, log: Log) -> DepthReader:
    """Trains on ordinary buildings and their mirror images."""
    with torch.random.fork_rng():
        torch.manual_seed(plan.seed)
        reader = DepthReader()
    training = Training(plan, "depth_reader", reader, plan.depth_reader_steps, learning_rate=2e-3)
    replicas = Replicas(reader, plan.threads)

    def backward(step: int) -> float:
        generator = stream(plan.seed, "depth_reader", step)
        places = torch.randint(plan.held_out, len(pictures), (BATCH,), generator=generator).numpy()
        drawn, wanted = pixels(pictures[places]), torch.from_numpy(depth[places]).float() / 255
        if step % 2:
            drawn, wanted = drawn.flip(3), wanted.flip(2)
        shares = list(zip(drawn.chunk(plan.threads), wanted.chunk(plan.threads), strict=True))
        return replicas.backward(lambda network, share: (network(share[0]) - share[1]).abs().mean(), shares)

    def measured(_last: bool) -> dict[str, float]:
        count = plan.held_out
        return {"held_out_rmse": depth_rmse(reader, pixels(pictures[:count]), depth[:count])}

    training.run(backward, log, measured)
    return reader


@torch.no_grad()
def depth_rmse(reader: DepthReader, pictures_BCHW: Tensor, depth: Greys) -> float:
    """The mean over pictures of the root of the mean squared difference to the given depth, of a range of 1."""
    read = torch.cat([reader(part) for part in torch.split(pictures_BCHW, BATCH)])
    return (read - torch.from_numpy(depth).float() / 255).square().mean(dim=(1, 2)).sqrt().mean().item()
