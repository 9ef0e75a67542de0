"""What a step costs on this device, of several ways to train in turns, with their memory. Weights are random."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial

import torch

from lora_core.memory import forget_frames, release_cached
from lora_core.model.unet import UNet
from lora_core.training.determinism import prepare_cublas
from lora_core.training.graphed import CHECKS
from tests.benchmarks.step_counts import CARDS, Counts, count_step

from .material import Scale, random_unet
from .outcome import Fact, Outcome, Timing
from .rivals import Build, NotHereError, rivals
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
    """Times steps in turns, after each way has run a few times alone to be warm and to have its memory measured.

    A way that fails is named, and the others go on.
    """
    prepare_cublas()
    theirs = rivals(scale.checkouts)
    failed: dict[str, str] = {}
    contestants: list[_Contestant] = []
    with ExitStack() as opened:
        unet = random_unet(scale)
        for name, (build, counts) in _ways(scale, unet, opened, theirs).items():
            with _surviving(name, failed, scale):
                contestants.append(_started(scale, name, build, counts, sum(each.nbytes for each in unet.parameters())))
        turns, block = (2, 1) if scale.tiny else (4, 4)
        for _ in range(turns):
            for each in contestants:
                if each.name not in failed:
                    with _surviving(each.name, failed, scale):
                        each.times.append(_milliseconds(scale, each.way.step, block))
    timings = [_timing(scale, each) for each in contestants if each.name not in failed]
    facts = [_keeps_to_its_count(each) for each in timings if each.peak and each.counted]
    facts += [Fact(f"{name}: {why}", False) for name, why in failed.items() if name not in theirs]
    return Outcome(facts, timings, left_out=[f"{name}: {why}" for name, why in failed.items() if name in theirs])


_Ways = dict[str, tuple[Callable[[], Way], Counts | None]]


def _ways(scale: Scale, unet: UNet, opened: ExitStack, theirs: Mapping[str, Build]) -> _Ways:
    """How each is built and, where it is counted, what it costs by the counts."""

    def count(layers: str | None, checkpointing: bool = False) -> Counts:
        return count_step(layers, scale.batch, scale.pixels, scale.precision, checkpointing, scale.layout)

    make, plain = partial(ours, scale, unet, opened), count("all")
    ways: _Ways = {
        "the frozen UNet, gradient to the text alone": (partial(frozen, scale, unet), count(None)),
        "LoRA Atelier": (partial(make, graphs=True), plain),
        "LoRA Atelier, without CUDA graphs": (make, plain),
        "LoRA Atelier, checkpointing": (partial(make, checkpointing=True), count("all", True)),
        "LoRA Atelier, deterministic": (partial(make, exact=True), plain),
        "LoRA Atelier, text encoder too: the paper's recipe": (partial(make, text=True, graphs=True), None),
    }
    return ways | {name: (partial(_way_of, build, scale, unet), None) for name, build in theirs.items()}


@contextmanager
def _surviving(name: str, failed: dict[str, str], scale: Scale) -> Iterator[None]:
    """Notes an error in `failed`, and frees the memory that it held."""
    try:
        yield
    except Exception as error:
        forget_frames(error)
        first_line, *_ = str(error).splitlines() or [""]
        failed[name] = first_line if isinstance(error, NotHereError) else f"{type(error).__name__}: {first_line}"
    if name in failed:
        release_cached(scale.device)


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
