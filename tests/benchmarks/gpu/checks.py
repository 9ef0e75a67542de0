"""Whether training on this device is right: the parts of `dev.py gpu` that say so. The pocket model trains in all."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import tempfile
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from lora_core.config import PRECISIONS, LoraConfig, OptimizerConfig, PreviewConfig, RunConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.memory import silent
from lora_core.model.base import BaseModel
from lora_core.model.lora import LoraAdapter
from lora_core.picking.weights import Weights
from lora_core.progress import SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.training.cuda_graphs import CudaRecorder
from lora_core.training.determinism import deterministic, prepare_cublas
from lora_core.training.draws import Batch, draw_samples
from lora_core.training.graphed import CHECKS, Recorder
from lora_core.training.step import Optimization
from lora_core.training.trainer import Trainer
from tests.benchmarks.fixed_run import drawn_style

from .material import Scale, history_of, invented_latents, invented_pictures, pocket, random_base
from .outcome import Fact, Outcome
from .processes import start

CPU = torch.device("cpu")
TOLERANCES = {"float32": 2e-3, "bfloat16": 2e-2, "float16": 1e-2}
"""Of losses and gradient norms over a few steps, relative, against float32 on a CPU. On a GPU torch's convolutions
multiply with 10 bits (TF32) in float32 too."""
AFTER_A_KILL = 0.05
"""How far the LoRA of a resumed run may be from an uninterrupted one where the GPU adds in any order: the norm of the
difference, relative. Rounding grows from step to step."""
STEPS = 4


def formats(scale: Scale) -> Outcome:
    """A few steps in each number format give the losses and gradients of float32 on a CPU."""
    expected = _values(pocket(scale, "float32"), "float32", CPU)
    facts = []
    for precision in PRECISIONS:
        found = _values(pocket(scale, precision), precision, scale.device)
        apart = float(((found - expected).abs() / expected).max())
        limit = TOLERANCES[precision]
        text = (
            f"{precision}: losses and gradient norms of {STEPS} steps within {apart:.1e} of the CPU's (limit {limit:g})"
        )
        facts.append(Fact(text, apart <= limit))
    return Outcome(facts)


def _values(base: BaseModel, precision: str, device: torch.device) -> Tensor:
    """Losses and gradient norms, float64, shape (2, steps)."""
    _, found = _steps(base, precision, device, 64, 2)
    return found


def graphs(scale: Scale) -> Outcome:
    """Steps that are replayed as CUDA graphs are those that are not, and the run that replays them says so."""
    if CudaRecorder.on(scale.device) is None:
        return Outcome(left_out=["steps as CUDA graphs, which NVIDIA's GPUs alone have"])
    facts = []
    for precision in PRECISIONS:
        facts += _replayed("the pocket model", partial(pocket, scale, precision), precision, scale.device, 64, 2)
    timed = partial(random_base, scale)
    facts += _replayed("the timed model", timed, scale.precision, scale.device, scale.pixels, scale.batch)
    return Outcome(facts)


def _replayed(
    model: str, base: Callable[[], BaseModel], precision: str, device: torch.device, pixels: int, batch: int
) -> list[Fact]:
    """A GPU adds in any order, so two plain runs differ too: the more, the less a model has learned."""
    said: list[str] = []

    def run(recorder: Recorder | None = None, told: Callable[[str], None] = silent) -> tuple[Tensor, Tensor]:
        return _steps(base(), precision, device, pixels, batch, CHECKS + 1 + 2 * STEPS, recorder, told)

    (_, plain), (_, again), (_, found) = run(), run(), run(CudaRecorder.on(device), said.append)
    spread, apart = _apart(plain, again), _apart(plain, found)
    limit = max(TOLERANCES[precision], 3 * spread)
    what = f"{model} in {precision}"
    values = f"losses and gradient norms within {apart:.1e} of plain steps (two plain runs: {spread:.1e})"
    return [
        Fact(f"{what}: {' '.join(said) or 'nothing was replayed'}", len(said) == 1 and "agreed" in said[0]),
        Fact(f"{what}: {values}", apart <= limit),
    ]


def _apart(expected: Tensor, found: Tensor) -> float:
    """The largest relative difference, NaN if one is; where gradients of float16 overflow anyway is left out."""
    finite = expected.isfinite()
    return float(((found - expected).abs() / expected)[finite].max())


def _steps(
    base: BaseModel,
    precision: str,
    device: torch.device,
    pixels: int,
    batch: int,
    count: int = STEPS,
    recorder: Recorder | None = None,
    told: Callable[[str], None] = silent,
) -> tuple[Tensor, Tensor]:
    """The LoRA after `count` steps, as a vector on the CPU, and losses and gradient norms, shape (2, count)."""
    config = RunConfig(
        LoraConfig(rank=4, alpha=4, dropout=0.0),
        OptimizerConfig(learning_rate=1e-3, warmup_steps=0),
        TrainingConfig(batch_size=batch, precision=precision),
    )
    base.to(device)
    adapter = LoraAdapter(base, config.lora, seed=0)
    adapter.train(True)
    optimization = Optimization(base, adapter, config, device, recorder=recorder, told=told)
    values = []
    for step in range(1, count + 1):
        samples = draw_samples(config.training, step, invented_pictures(batch, pixels), invented_latents)
        outcome = optimization.step(step, Batch.of(samples, device))
        values.append(torch.stack([outcome.loss, outcome.gradient_norm]))
    return adapter.weights.masters.detach().cpu(), torch.stack(values, dim=1).double().cpu()


def twins(scale: Scale) -> Outcome:
    """Deterministic runs repeat each other bit for bit."""
    prepare_cublas()
    facts = []
    for precision in ("float32",) if scale.tiny else PRECISIONS:
        with deterministic(scale.device):
            first, second = (_steps(pocket(scale, precision), precision, scale.device, 64, 2)[0] for _ in range(2))
        facts.append(Fact(f"the pocket model twice in {precision}: the same bits", torch.equal(first, second)))
    with deterministic(scale.device):
        first, second = (
            _steps(random_base(scale), scale.precision, scale.device, scale.pixels, scale.batch)[0] for _ in range(2)
        )
    facts.append(Fact(f"the timed model twice in {scale.precision}: the same bits", torch.equal(first, second)))
    return Outcome(facts)


class DieAfter(SilentWatcher):
    """Kills its process without warning when an epoch is closed; 0 for never."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def epoch_closed(self, epoch: int) -> None:
        """See above."""
        if epoch and epoch == self._epoch:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows has the latter, as deadly


def resume(scale: Scale) -> Outcome:
    """A run that is killed and resumed ends in the LoRA of one that is not."""
    facts = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        style = drawn_style(folder / "pictures", 6, 64)
        for exact in (True, False) if scale.device.type == "cuda" else (True,):  # a CPU is exact in any case
            whole, killed = f"whole {exact}", f"killed {exact}"
            died = [_in_a_process(scale, style, folder, killed, exact, die_after=2)]
            ended = [_in_a_process(scale, style, folder, name, exact) for name in (whole, killed)]
            facts.append(Fact(f"exit statuses {died + ended}: killed, then two that end", all(died) and not any(ended)))
            a, b = (_final(folder / name) for name in (whole, killed))
            if exact:
                facts.append(Fact("deterministic: the same bits after a kill", torch.equal(a, b)))
            else:
                apart = float((a - b).norm() / a.norm())
                text = f"otherwise: the LoRA within {apart:.1e} after a kill (limit {AFTER_A_KILL:g})"
                facts.append(Fact(text, apart <= AFTER_A_KILL))
    return Outcome(facts)


EPOCHS = 3


def _in_a_process(
    scale: Scale, style: StyleDataset, folder: Path, name: str, exact: bool, die_after: int = 0
) -> int | None:
    process = start(train_to_the_end, scale, style, folder / name, exact, die_after)
    process.join()
    return process.exitcode


def train_to_the_end(scale: Scale, style: StyleDataset, run: Path, exact: bool, die_after: int) -> None:
    """Begins or resumes a run, in a process of its own."""
    if exact:
        prepare_cublas()
    torch.set_num_threads(1 if scale.tiny else torch.get_num_threads())
    config = RunConfig(
        LoraConfig(rank=2, dropout=0.1),
        OptimizerConfig(learning_rate=1e-3, warmup_steps=4),
        TrainingConfig(epochs=EPOCHS, batch_size=2, deterministic=exact),
        preview=PreviewConfig(every_epochs=0),
    )
    cache = run.parent / "cache"
    Trainer(config, style, pocket(scale, "float32"), run, cache, scale.device, DieAfter(die_after)).train()


def _final(run: Path, epochs: int = EPOCHS) -> Tensor:
    """The raw LoRA of the last epoch, as a vector."""
    lora, _ = load_lora(checkpoint_path(run, epochs, Weights.RAW))
    return torch.cat([lora[key].flatten() for key in sorted(lora)])


def memory_limit(scale: Scale) -> Outcome:
    """Where memory runs out, smaller portions give the same losses."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        style = drawn_style(folder / "pictures", 10, 64 if scale.tiny else 256)
        peak = _trained_in_one_batch(scale, style, folder / "roomy")
        with _at_most(0.7 * peak, scale.device):
            _trained_in_one_batch(scale, style, folder / "tight")
        roomy, tight = (history_of(folder / name) for name in ("roomy", "tight"))
        shrunk = [entry["text"] for entry in tight if entry.get("what") == "micro_batch"]
        expected, found = (
            torch.tensor([entry["loss"] for entry in entries if entry["kind"] == "step"]) for entries in (roomy, tight)
        )
    apart, limit = float(((found - expected).abs() / expected).max()), TOLERANCES["float32"]
    facts = [Fact(f"losses of both runs within {apart:.1e} (limit {limit:g})", apart <= limit)]
    if scale.device.type != "cuda":
        return Outcome(facts, left_out=["a limit to the memory, which torch has for CUDA alone"])
    return Outcome(
        [Fact(f"at {0.7 * peak / 2**20:.0f} MiB: {' '.join(shrunk) or 'no smaller portions'}", bool(shrunk)), *facts]
    )


def _trained_in_one_batch(scale: Scale, style: StyleDataset, run: Path) -> int:
    """Trains for three steps; returns the most bytes of the device's memory that were in use."""
    config = RunConfig(
        LoraConfig(rank=2),
        training=TrainingConfig(epochs=3, batch_size=len(style.training)),
        preview=PreviewConfig(every_epochs=0),
    )
    gc.collect()
    if scale.device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(scale.device)
    Trainer(config, style, pocket(scale, "float32"), run, run.parent / "cache", scale.device, SilentWatcher()).train()
    return torch.cuda.max_memory_allocated(scale.device) if scale.device.type == "cuda" else 0


@contextlib.contextmanager
def _at_most(size: float, device: torch.device) -> Iterator[None]:
    """Within it this process gets no more than so many bytes of a GPU's memory."""
    if device.type != "cuda":
        yield
        return
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(size / torch.cuda.get_device_properties(device).total_memory)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


def freed(scale: Scale) -> Outcome:
    """After a run neither its model nor its memory is left."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        style = drawn_style(folder / "pictures", 6, 64)
        _trained_in_one_batch(scale, style, folder / "first")  # libraries keep workspaces from then on
        before = _allocated(scale.device)
        base = pocket(scale, "float32")
        parts = [weakref.ref(part) for part in (base.unet, base.vae, base.text_encoder)]
        config = RunConfig(LoraConfig(rank=2), training=TrainingConfig(epochs=2), preview=PreviewConfig(steps=2))
        Trainer(config, style, base, folder / "second", folder / "cache", scale.device, SilentWatcher()).train()
        del base
        gone = [part() is None for part in parts]
    facts = [Fact("UNet, autoencoder and text encoder are gone when training returns", all(gone))]
    if scale.device.type != "cuda":
        return Outcome(facts, left_out=["memory of the device"])
    left = _allocated(scale.device) - before
    return Outcome([*facts, Fact(f"{left} bytes of the device's memory are left in use (limit 1 MiB)", left <= 2**20)])


def _allocated(device: torch.device) -> int:
    gc.collect()
    return torch.cuda.memory_allocated(device) if device.type == "cuda" else 0
