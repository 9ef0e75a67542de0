"""What a step of other trainers costs a GPU, counted as ours is: python dev.py bench rival_counts

With --kohya FOLDER and --onetrainer FOLDER, checkouts of kohya-ss/sd-scripts and of Nerogar/OneTrainer, their own code
goes forward and backward, too. Autocast is the CPU's, which leaves normalisations in 16 bits, where a GPU's computes
them in 32: there all three move more bytes than is counted here, and launch more kernels.
"""

from __future__ import annotations

import argparse

import torch

from .gpu.material import Scale
from .gpu.rivals import Build, NotHereError, add_options, checkouts, rivals
from .step_counts import RANK, SD15, Counts, count_step, counted, fake_unet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    named = checkouts(parser.parse_args())
    scale = Scale(torch.device("cpu"), SD15, 512, 4, "bfloat16")
    print(f"All layers of SD 1.5's UNet, rank {RANK}, batch {scale.batch}, {scale.pixels} pixels, {scale.precision}")
    _tell("LoRA Atelier", count_step("all", scale.batch, scale.pixels, scale.precision))
    for name, build in rivals(named).items():
        try:
            _tell(name, count_rival(build, scale))
        except NotHereError as missing:
            print(f"Left out: {missing}")


def count_rival(build: Build, scale: Scale) -> Counts:
    """The counts of a forward and a backward pass of another trainer."""
    with fake_unet(scale.layout, scale.dtype) as unet:
        adapted = build(scale, unet)
        return counted(adapted.loss(scale), [*adapted.network.parameters(), *adapted.trained])


def _tell(name: str, counts: Counts) -> None:
    print(f"{name:>50}: {counts}", flush=True)


if __name__ == "__main__":
    main()
