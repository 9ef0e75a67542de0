"""What a step costs on this device, of several ways to train in turns, with their memory. Weights are random."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import torch

from lora_core.model.unet import UNet
from lora_core.training.determinism import prepare_cublas
from lora_core.training.graphed import CHECKS
from tests.benchmarks.step_counts import CARDS, Counts, count_step

from .material import Scale, random_unet
from .outcome import Fact, Outcome, Timing
from .rivals import Build, rivals
from .ways import Way, frozen, ours

UNTIL_REPLAYED = CHECKS + 3
"""Steps until they are replayed as CUDA graphs without being compared any more, and one such step."""
ABOVE_NEED = 1.05
"""How much more memory than counted a step may take."""


@dataclass
class _Contestant:
    name: str
    way: Way
    counts: Counts | None
    peak: float | None
    """GiB."""
    times: list[float] = field(default_factory=list)
    """Milliseconds a step, one number a turn."""


def step(scale: Scale) -> Outcome:
    """Times steps in turns, after each has run a few times alone to be warm and to have its memory measured."""
    prepare_cublas()
    with ExitStack() as opened:
        contestants, left_out = _contestants(scale, opened)
        turns, block = (2, 1) if scale.tiny else (8, 5)
        for _ in range(turns):
            for each in contestants:
                each.times.append(_milliseconds(scale, each.way.step, block))
    timings = [_timing(scale, each) for each in contestants]
    return Outcome(
        [_keeps_to_its_count(each) for each in timings if each.peak and each.counted], timings, None, left_out
    )


def _contestants(scale: Scale, opened: ExitStack) -> tuple[list[_Contestant], list[str]]:
    unet = random_unet(scale)

    def counted(layers: str | None, checkpointing: bool = False) -> Counts:
        return count_step(layers, scale.batch, scale.pixels, scale.precision, checkpointing, scale.layout)

    def ready(name: str, build: Callable[[], Way], counts: Counts | None = None) -> _Contestant:
        return _started(scale, name, build, counts, sum(each.nbytes for each in unet.parameters()))

    plain = counted("all")
    contestants = [
        ready("the frozen UNet, gradient to the text alone", lambda: frozen(scale, unet), counted(None)),
        ready("LoRA Atelier", lambda: ours(scale, unet, opened, graphs=True), plain),
        ready("LoRA Atelier, without CUDA graphs", lambda: ours(scale, unet, opened), plain),
        ready(
            "LoRA Atelier, checkpointing", lambda: ours(scale, unet, opened, checkpointing=True), counted("all", True)
        ),
        ready("LoRA Atelier, deterministic", lambda: ours(scale, unet, opened, exact=True), plain),
        ready(
            "LoRA Atelier, text encoder too: the paper's recipe",
            lambda: ours(scale, unet, opened, text=True, graphs=True),
        ),
    ]
    left_out = []
    for name, build in rivals(scale.checkouts).items():
        try:
            contestants.append(ready(name, partial(_way_of, build, scale, unet)))
        except Exception as error:  # whatever fails of theirs must not cost the rest
            left_out.append(f"{name}: {error}")
    return contestants, left_out


def _way_of(build: Build, scale: Scale, unet: UNet) -> Way:
    return build(scale, unet).way(scale)


def _started(scale: Scale, name: str, build: Callable[[], Way], counts: Counts | None, shared: int) -> _Contestant:
    """Built and warm. The `shared` bytes of the UNet's weights belong to each one's memory."""
    cuda = scale.device.type == "cuda"
    before = torch.cuda.memory_allocated(scale.device) if cuda else 0
    way = build()
    if cuda:
        torch.cuda.reset_peak_memory_stats(scale.device)
    for _ in range(1 if scale.tiny else UNTIL_REPLAYED):
        way.step()
    scale.synchronize()
    peak = (torch.cuda.max_memory_allocated(scale.device) - before + shared) / 2**30 if cuda else None
    return _Contestant(name, way, counts, peak)


def _milliseconds(scale: Scale, run: Callable[[], None], block: int) -> float:
    begun = time.perf_counter()
    for _ in range(block):
        run()
    scale.synchronize()
    return 1000 * (time.perf_counter() - begun) / block


def _timing(scale: Scale, contestant: _Contestant) -> Timing:
    counts, middle = contestant.counts, statistics.median(contestant.times)
    gpu = torch.cuda.get_device_name(scale.device) if scale.device.type == "cuda" else ""
    card = next((name for name in CARDS if name in gpu), None)
    need = contestant.way.need
    return Timing(
        name=contestant.name,
        milliseconds=middle,
        fastest=min(contestant.times),
        images=1000 * scale.batch / middle,
        bound=1000 * counts.seconds[card] if counts is not None and card is not None else None,
        peak=contestant.peak,
        counted=None if need is None else need / 2**30,
    )


def _keeps_to_its_count(timing: Timing) -> Fact:
    assert timing.peak is not None and timing.counted is not None
    text = f"{timing.name}: at most {timing.peak:.2f} GiB, {timing.counted:.2f} were counted"
    return Fact(text, timing.peak <= ABOVE_NEED * timing.counted)
