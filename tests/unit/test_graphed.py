"""Steps that are recorded and replayed, and every reason to stop that.

A CUDA graph repeats the same operators on the same memory, whatever Python would do by now. `Tape` does so on a CPU.
"""

from __future__ import annotations

import copy
import gc
import re
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only
from transformers import CLIPTextConfig, CLIPTextModel
from unit.test_optimization import latents, square

from lora_core.config import LoraConfig, RunConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.memory import Portion, Shortage
from lora_core.model.base import BaseModel
from lora_core.model.layout import UnetLayout
from lora_core.model.lora import LoraAdapter
from lora_core.model.need import Need
from lora_core.model.unet import UNet
from lora_core.training.cuda_graphs import CudaRecorder
from lora_core.training.draws import Batch, draw_samples
from lora_core.training.graphed import CHECKS, MOST_RECORDINGS, Graphed
from lora_core.training.plan import Room, choose
from lora_core.training.step import Optimization

CPU = torch.device("cpu")


class Tape(TorchDispatchMode):
    """Records operators with the very tensors that they read and write."""

    def __init__(self, results: list[Tensor]) -> None:
        super().__init__()
        self.results = results
        self.recorded = self.replayed = 0
        self._operators: list[tuple[Any, Any, Any, Any]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        memory = tree_map_only(Tensor, Tensor.detach, (args, kwargs or {}, out))
        self._operators.append((func, *memory))
        return out

    def rehearse(self, work: Callable[[], None]) -> None:
        work()

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        before = [each.clone() for each in self.results]  # a graph is recorded without doing anything
        self._operators = operators = []
        with self:
            work()
        for result, value in zip(self.results, before, strict=True):
            result.copy_(value)
        self.recorded += 1

        def replay() -> None:
            self.replayed += 1
            with torch.no_grad():
                for func, args, kwargs, out in operators:
                    again = func(*args, **kwargs)
                    for old, new in zip(tree_leaves(out), tree_leaves(again), strict=True):
                        if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                            old.copy_(new)

        return replay


class Sum:
    """Work whose result is easily told: adds the sum of squares of its input."""

    def __init__(self, recorder: Callable[[list[Tensor]], Any] = Tape) -> None:
        self.total = torch.zeros(())
        self.said: list[str] = []
        self.recorder = recorder([self.total])
        self.graphed = Graphed([self.total], self.recorder, "float32", self.said.append)

    def add(self, x: Tensor, count: int) -> None:
        self.total += x.square().sum() / count

    def run(self, value: float, length: int = 3) -> float:
        self.total.fill_(1.0)
        self.graphed.run(self.add, [torch.full((length,), value)], 2)
        return float(self.total)


def expected(value: float, length: int = 3) -> float:
    return 1 + length * value**2 / 2


def test_a_recording_takes_over_after_it_has_agreed() -> None:
    work = Sum()
    assert [work.run(value) for value in range(12)] == [expected(value) for value in range(12)]
    assert (work.recorder.recorded, work.recorder.replayed) == (1, 10)
    assert work.said == ["Steps are recorded as CUDA graphs and replayed; 3 agreed with plain ones."]


def test_only_shapes_that_come_again_are_recorded_and_not_too_many() -> None:
    work = Sum()
    for length in range(1, 21):
        assert work.run(2.0, length) == expected(2.0, length)
    assert work.recorder.recorded == 0
    for length in range(1, 21):
        assert work.run(3.0, length) == expected(3.0, length)
    assert work.recorder.recorded == MOST_RECORDINGS


class Stale(Tape):
    """A recording that does not see new inputs."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        before = float(self.results[0])
        work()
        added = float(self.results[0]) - before
        self.results[0].fill_(before)
        return lambda: self.results[0].add_(added)  # type: ignore[return-value]


class Failing(Tape):
    """Fails in one of its three duties, after it has spoilt the results."""

    where = ""

    def _fail(self) -> None:
        self.results[0].fill_(torch.nan)
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    def rehearse(self, work: Callable[[], None]) -> None:
        self._fail() if self.where == "rehearse" else super().rehearse(work)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        if self.where == "record":
            self._fail()
        replay = super().record(work)
        return self._fail if self.where == "replay" else replay


class Poisoned(Tape):
    """Its replays give NaN."""

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        return lambda: self.results[0].fill_(torch.nan)  # type: ignore[return-value]


def failing(where: str) -> Callable[[list[Tensor]], Tape]:
    return type(f"Failing{where}", (Failing,), {"where": where})


@pytest.mark.parametrize(
    ("recorder", "reason"),
    [
        (Stale, r"a replayed step differed from a plain one by \d"),
        (Poisoned, "differed from a plain one by nan"),
        (failing("rehearse"), "OutOfMemoryError: CUDA out of memory"),
        (failing("record"), "OutOfMemoryError: CUDA out of memory"),
        (failing("replay"), "OutOfMemoryError: CUDA out of memory"),
    ],
)
def test_whatever_goes_wrong_the_results_are_right_and_the_reason_is_said(recorder, reason: str) -> None:
    work = Sum(recorder)
    assert [work.run(value) for value in range(1, 9)] == [expected(value) for value in range(1, 9)]
    assert len(work.said) == 1
    assert re.search(f"not recorded and replayed from here on: .*{reason}", work.said[0])


def test_a_step_that_overflows_proves_nothing() -> None:
    work = Sum(Stale)
    work.run(1.0), work.run(1.0)
    for _ in range(2 * CHECKS):
        assert work.run(1e30) == torch.inf
    assert work.said == []
    assert work.run(2.0) == expected(2.0)
    assert "differed" in work.said[0]


def test_recordings_are_the_first_to_go_when_memory_runs_out() -> None:
    work = Sum()
    for _ in range(3):
        work.run(1.0)
    tape = weakref.ref(work.recorder)
    del work.recorder
    gc.collect()
    told: list[str] = []

    def validate(size: int) -> int:
        if tape() is not None:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return size

    assert Portion(8, CPU, told.append).run(validate, "while validating") == 8  # and not in smaller portions
    assert told == []
    assert work.said == ["Steps are not recorded and replayed from here on: memory ran out."]
    assert work.run(3.0) == expected(3.0)


def test_without_recordings_memory_that_runs_out_has_no_second_chance() -> None:
    attempts = []

    def work(size: int) -> None:
        attempts.append(size)
        raise MemoryError

    assert isinstance(Portion(2, CPU).run(work, "here"), Shortage)
    assert attempts == [2, 1]


@pytest.mark.parametrize(("precision", "text"), [("float32", True), ("bfloat16", True), ("float16", False)])
def test_replayed_steps_train_what_plain_ones_do(
    pristine_model: BaseModel, dataset: StyleDataset, precision: str, text: bool
) -> None:
    """Network, loss, loss scaling and AdamW are the real ones; in the end the recorded operators alone compute."""
    found, said = [], []
    for recorded in (False, True):
        base = copy.deepcopy(pristine_model)
        for part in (base.unet, base.text_encoder):
            part.to(getattr(torch, precision))
        config = RunConfig(
            LoraConfig(rank=2, train_text_encoder=text),
            training=TrainingConfig(batch_size=2, precision=precision, min_snr_gamma=5.0, caption_dropout=0.5),
        )
        adapter = LoraAdapter(base, config.lora, seed=3)
        adapter.train(True)
        weights = adapter.weights
        tape = Tape(list(weights.accumulators)) if recorded else None
        optimization = Optimization(base, adapter, config, CPU, recorder=tape, told=said.append)
        if tape is not None:
            tape.results.append(optimization._loss)
        losses = []
        for step in range(1, 9):
            samples = draw_samples(config.training, step, square(dataset, 2), latents)
            losses.append(optimization.step(step, Batch.of(samples, CPU)).loss)
        found.append((torch.stack(losses), weights.masters.detach().clone()))
    assert tape is not None and (tape.recorded, tape.replayed) == (1, 6)
    assert len(said) == 1 and "agreed" in said[0]
    (losses, masters), (replayed_losses, replayed_masters) = found
    assert torch.equal(losses, replayed_losses)
    assert torch.equal(masters, replayed_masters)


def test_dropout_is_never_recorded(pristine_model: BaseModel, dataset: StyleDataset) -> None:
    config = RunConfig(LoraConfig(rank=2, dropout=0.5), training=TrainingConfig(batch_size=2))
    base = copy.deepcopy(pristine_model)
    adapter = LoraAdapter(base, config.lora, seed=3)
    adapter.train(True)
    tape = Tape([])
    optimization = Optimization(base, adapter, config, CPU, recorder=tape)
    for step in (1, 2, 3):
        samples = draw_samples(config.training, step, square(dataset, 2), latents)
        optimization.step(step, Batch.of(samples, CPU))
    assert tape.recorded == 0


# What can be recorded on a GPU


class Travel(TorchDispatchMode):
    """Notes operators that take tensors from one device to another."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        tensors = [each for each in tree_leaves((args, kwargs, out)) if isinstance(each, Tensor)]
        if len({each.device for each in tensors if each.ndim}) > 1:
            self.found.append(str(func))
        return out


@pytest.mark.parametrize("text", [True, False])
@pytest.mark.parametrize("gamma", [0.0, 5.0])
def test_the_passes_neither_read_from_the_device_nor_send_anything_there(text: bool, gamma: float) -> None:
    """The device "meta" has no values: whoever reads one fails."""
    meta = torch.device("meta")
    with meta:
        unet = UNet(UnetLayout((32, 32), 1, (True, False), 64, (2, 2))).requires_grad_(False)
        clip = CLIPTextModel(
            CLIPTextConfig(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2)
        ).requires_grad_(False)
    base = BaseModel(unet, None, clip, None, "")  # type: ignore[arg-type]
    config = RunConfig(LoraConfig(rank=2, train_text_encoder=text), training=TrainingConfig(min_snr_gamma=gamma))
    with meta:
        adapter = LoraAdapter(base, config.lora, seed=0)
    adapter.train(True)
    optimization = Optimization(base, adapter, config, meta)
    with meta:
        pictures, noise = torch.empty(2, 4, 8, 8), torch.empty(2, 4, 8, 8)
        timesteps = torch.empty(2, dtype=torch.int64)
        given = torch.empty(2, 77, dtype=torch.int64) if text else torch.empty(2, 77, 64)
    with Travel() as travel:
        optimization._add_gradient(pictures, noise, timesteps, given, 4)
        optimization._check_gradient(optimization._loss)
    assert travel.found == []


def test_travel_is_noticed() -> None:
    with Travel() as travel:
        torch.zeros(3).to("meta")
    assert travel.found == ["aten._to_copy.default"]
    with pytest.raises(RuntimeError, match="meta"):
        torch.zeros(3, device="meta").sum().item()


def test_a_cpu_records_nothing() -> None:
    assert CudaRecorder.on(CPU) is None
    assert CudaRecorder.missed(CPU) == ""


def test_a_run_under_cudas_own_allocator_says_what_it_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_allocator_backend", lambda: "cudaMallocAsync")
    gpu = torch.device("cuda")
    assert CudaRecorder.on(gpu) is None
    assert "--disable-cuda-malloc" in CudaRecorder.missed(gpu)
    monkeypatch.setattr(torch.cuda, "get_allocator_backend", lambda: "native")
    assert CudaRecorder.missed(gpu) == ""


def test_recordings_need_room_beside_all_the_rest() -> None:
    need = Need(weights=2000, lora=400, activations=1000, recomputed=250)
    step, kept = need.step(4, False), need.step(4, False) - need.resident
    assert choose(need, Room(step + kept, step + kept), 4, False).may_record
    tight = choose(need, Room(step + kept - 1, step + kept), 4, False)
    assert (tight.micro_batch, tight.checkpointing, tight.may_record) == (4, False, False)
    assert not choose(need, Room(10**10, 10**10), 4, True).may_record
