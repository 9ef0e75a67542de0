"""What training on this device costs: the parts of `dev.py gpu` that measure. Weights are random, of SD 1.5's size."""

from __future__ import annotations

import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from lora_core.config import LoraConfig, PreviewConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import diffusion_loss, sd15_alphas_cumprod
from lora_core.model.lora import LoraAdapter
from lora_core.model.unet import UNet
from lora_core.progress import SilentWatcher
from lora_core.training.determinism import deterministic, prepare_cublas
from lora_core.training.feed import Feed
from lora_core.training.step import Optimization
from lora_core.training.trainer import Trainer
from tests.benchmarks.fixed_run import drawn_style
from tests.benchmarks.step_counts import CARDS, RANK, TOKENS, Counts, count_step

from .material import Scale, invented_latents, invented_pictures, random_base, random_unet, same_weights
from .outcome import Length, Outcome, Timing
from .rivals import peft_step

Step = Callable[[], None]
PRECISION = "bfloat16"
BYTES_A_PARAMETER = 4 * 4 + 2 * 2
"""Of the LoRA: master, gradient and two moments in float32, working copy and its gradient in 16 bits."""
PAPER_EPOCHS, PAPER_STEPS = 200, 14


@dataclass(frozen=True)
class Contestant:
    """A way to train. It is built in its turn, and its step is called many times."""

    name: str
    build: Callable[[], Step]
    counts: Counts | None = None
    parameters: int = 0
    """Of its LoRA, where it is counted."""


@dataclass
class _Running:
    contestant: Contestant
    step: Step
    peak: float | None
    times: list[float]
    """Milliseconds a step, one number a turn."""


def step(scale: Scale) -> Outcome:
    """A step of several ways to train, in turns, with their memory."""
    prepare_cublas()
    with ExitStack() as opened:
        unet = random_unet(scale, PRECISION)
        weights = sum(each.nbytes for each in unet.parameters())
        contestants, left_out = _contestants(scale, unet, opened)
        running = [_started(scale, each, weights) for each in contestants]
        turns, block = (2, 1) if scale.tiny else (8, 5)
        for _ in range(turns):
            for each in running:
                each.times.append(_time(scale, each.step, block))
    return Outcome(timings=[_timing(scale, each, weights) for each in running], left_out=left_out)


def _contestants(scale: Scale, unet: UNet, opened: ExitStack) -> tuple[list[Contestant], list[str]]:
    """All have the weights of `unet`, once in memory."""

    def counted(layers: str | None, checkpointing: bool = False) -> Counts:
        return count_step(layers, scale.batch, scale.pixels, PRECISION, checkpointing, scale.layout)

    def ours(checkpointing: bool = False, text: bool = False, exact: bool = False) -> Callable[[], Step]:
        return lambda: _our_step(scale, same_weights(unet, scale.layout), opened, checkpointing, text, exact)

    parameters = _parameters(scale, unet)
    plain = counted("all")
    contestants = [
        Contestant("the frozen UNet, gradient to the text alone", lambda: _frozen_step(scale, unet), counted(None)),
        Contestant("LoRA Atelier", ours(), plain, parameters),
        Contestant("LoRA Atelier, checkpointing", ours(checkpointing=True), counted("all", True), parameters),
        Contestant("LoRA Atelier, deterministic", ours(exact=True), plain, parameters),
        Contestant("LoRA Atelier, text encoder too (the paper's recipe)", ours(text=True)),
    ]
    missing = [name for name in ("diffusers", "peft") if importlib.util.find_spec(name) is None]
    if missing:
        return contestants, [f"peft's adapters under autocast, for want of {' and '.join(missing)}"]
    rival = Contestant("peft, float32 adapters under autocast", lambda: peft_step(scale, unet, PRECISION))
    return [*contestants, rival], []


def _our_step(scale: Scale, unet: UNet, opened: ExitStack, checkpointing: bool, text: bool, exact: bool) -> Step:
    """As the trainer makes it: pictures, noise and timesteps come from the feed's thread, and nothing is read back."""
    base = random_base(scale, PRECISION, unet)
    config = RunConfig(
        LoraConfig(rank=RANK, train_text_encoder=text),
        training=TrainingConfig(batch_size=scale.batch, precision=PRECISION),
    )
    unet.gradient_checkpointing = checkpointing
    adapter = LoraAdapter(base, config.lora, seed=0)
    adapter.train(True)
    optimization = Optimization(base, adapter, config, scale.device)
    pictures = invented_pictures(14 * scale.batch, scale.pixels)
    feed = opened.enter_context(Feed(config.training, pictures, invented_latents, scale.device))
    done = 0

    def run() -> None:
        nonlocal done
        done += 1
        mode: AbstractContextManager[None] = deterministic(scale.device) if exact else nullcontext()
        with mode:
            optimization.step(done, feed.batch(done))

    return run


def _frozen_step(scale: Scale, unet: UNet) -> Step:
    """The network without a LoRA, forward and backward to the text: what no way to train can be cheaper than."""
    size = (scale.batch, 4, scale.pixels // 8, scale.pixels // 8)
    latents, noise = (torch.randn(size, device=scale.device) for _ in range(2))
    context = torch.randn(
        (scale.batch, TOKENS, scale.layout.context), device=scale.device, dtype=torch.bfloat16, requires_grad=True
    )
    timesteps = torch.randint(1000, (scale.batch,), device=scale.device)
    alphas = sd15_alphas_cumprod().to(scale.device)

    def run() -> None:
        context.grad = None
        diffusion_loss(unet, latents, context, noise, timesteps, alphas).mean().backward()

    return run


def _parameters(scale: Scale, unet: UNet) -> int:
    base = BaseModel(same_weights(unet, scale.layout), None, None, None, "")  # type: ignore[arg-type]
    adapter = LoraAdapter(base, LoraConfig(rank=RANK, train_text_encoder=False), seed=0)
    return adapter.weights.masters.numel()


def _started(scale: Scale, contestant: Contestant, weights: int) -> _Running:
    """Built, warm, and its memory measured; that of the shared weights belongs to each."""
    cuda = scale.device.type == "cuda"
    before = torch.cuda.memory_allocated(scale.device) if cuda else 0
    run = contestant.build()
    if cuda:
        torch.cuda.reset_peak_memory_stats(scale.device)
    for _ in range(1 if scale.tiny else 3):
        run()
    scale.synchronize()
    peak = (torch.cuda.max_memory_allocated(scale.device) - before + weights) / 2**30 if cuda else None
    return _Running(contestant, run, peak, [])


def _time(scale: Scale, run: Step, block: int) -> float:
    begun = time.perf_counter()
    for _ in range(block):
        run()
    scale.synchronize()
    return 1000 * (time.perf_counter() - begun) / block


def _timing(scale: Scale, running: _Running, weights: int) -> Timing:
    counts, middle = running.contestant.counts, statistics.median(running.times)
    card = next((name for name in CARDS if name in _card(scale)), None)
    kept = None
    if counts is not None:
        kept = (weights + counts.saved + BYTES_A_PARAMETER * running.contestant.parameters) / 2**30
    return Timing(
        name=running.contestant.name,
        milliseconds=middle,
        fastest=min(running.times),
        images=1000 * scale.batch / middle,
        bound=1000 * counts.seconds[card] if counts is not None and card is not None else None,
        peak=running.peak,
        counted=kept,
    )


def _card(scale: Scale) -> str:
    return torch.cuda.get_device_name(scale.device) if scale.device.type == "cuda" else ""


class TimedTrainer(Trainer):
    """Notes what steps, closings and previews took; waiting for the device is part of each, as the next needs it."""

    def __init__(self, scale: Scale, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self._scale, self._since = scale, 0.0
        self.steps: list[float] = []
        """Seconds a step, by epoch."""
        self.validations: list[float] = []
        """Seconds of each."""
        self.closings: list[float] = []
        """Seconds by epoch, without validations and preview."""
        self.previews: list[float] = []

    def _close_epoch(self) -> None:
        self._scale.synchronize()
        begun = time.perf_counter()
        if self.step:
            self.steps.append((begun - self._since) / self.steps_per_epoch)
        measured, shown = len(self.validations), len(self.previews)
        validate = self.validator._measure
        self.validator._measure = self._timed(validate, self.validations)  # type: ignore[method-assign]
        try:
            super()._close_epoch()
        finally:
            self.validator._measure = validate  # type: ignore[method-assign]
        self._scale.synchronize()
        self._since = time.perf_counter()
        beside = sum(self.validations[measured:]) + sum(self.previews[shown:])
        self.closings.append(self._since - begun - beside)

    def _preview(self, epoch: int) -> None:
        self._timed(super()._preview, self.previews)(epoch)

    def _timed(self, work: Callable[..., None], into: list[float]) -> Callable[..., None]:
        def run(*arguments: object) -> None:
            begun = time.perf_counter()
            work(*arguments)
            self._scale.synchronize()
            into.append(time.perf_counter() - begun)

        return run


def whole_run(scale: Scale) -> Outcome:
    """A few epochs of the paper's recipe with all that a run does, and from them the length of the whole."""
    config = RunConfig(
        LoraConfig(),
        training=TrainingConfig(epochs=3 if scale.tiny else 6, batch_size=scale.batch, precision=PRECISION),
        preview=PreviewConfig(every_epochs=2, steps=2 if scale.tiny else 20),
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        style = drawn_style(folder / "pictures", 10 if scale.tiny else 64, scale.pixels)
        base, cache = random_base(scale, PRECISION), folder / "cache"
        trainer = TimedTrainer(scale, config, style, base, folder / "run", cache, scale.device, SilentWatcher())
        trainer.train()
    step, closing = statistics.median(trainer.steps[1:]), statistics.median(trainer.closings[1:])
    validation = statistics.median(trainer.validations) * 8 / len(style.validation)
    preview = statistics.median(trainer.previews)
    defaults = PreviewConfig()
    previews = PAPER_EPOCHS / defaults.every_epochs
    run = PAPER_EPOCHS * (PAPER_STEPS * step + closing) + validations() * validation + previews * preview
    return Outcome(length=Length(1000 * step, 1000 * closing, validation, preview, run))


def validations() -> int:
    """Of the paper's run by the defaults: of the averaged weights, of the raw ones, and of the probe."""
    config = ValidationConfig()
    every = (config.every_epochs, config.raw_every_epochs, config.probe_every_epochs)
    return sum(1 + PAPER_EPOCHS // each for each in every)
