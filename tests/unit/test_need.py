"""Memory counted with shapes alone, against what real tensors take, and what is decided by it."""

from __future__ import annotations

import functools
import weakref
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import CLIPTextConfig, CLIPTextModel

from lora_core.config import LoraConfig, RunConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.memory import Room
from lora_core.model.base import BaseModel
from lora_core.model.layout import UnetLayout
from lora_core.model.lora import LoraAdapter
from lora_core.model.need import Need, count_need
from lora_core.model.unet import UNet
from lora_core.training.plan import choose, plan_memory

GB = 10**9
SD15 = UnetLayout((320, 640, 1280, 1280), 2, (True, True, True, False), 768, (8,) * 4)


@functools.cache
def sd15(dtype: torch.dtype = torch.bfloat16) -> BaseModel:
    """SD 1.5's own sizes, without memory."""
    with torch.device("meta"):
        unet = UNet(SD15)
        text_encoder = CLIPTextModel(
            CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
        )
    for part in (unet, text_encoder):
        part.to(dtype).requires_grad_(False)
    return BaseModel(unet, None, text_encoder, None, "")  # type: ignore[arg-type]


@functools.cache
def paper() -> Need:
    """The paper's recipe in bfloat16 at 512 x 512."""
    return count_need(sd15(), LoraConfig(), (512, 512), average=True)


def saved_bytes(run: Any, frozen: torch.nn.Module) -> int:
    """What autograd keeps of a real forward pass, but for the network's own weights."""
    own = {each.untyped_storage().data_ptr() for each in frozen.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        alive = run()
    size = sum(each.untyped_storage().nbytes() for where, each in kept.items() if where not in own)
    del alive
    return size


class Peak(TorchDispatchMode):
    """The most bytes that tensors made within it take at any moment."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self._known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for each in result if isinstance(result, (tuple, list)) else (result,):
            if isinstance(each, Tensor):
                self._add(each)
        return result

    def _add(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        where, size = storage._cdata, storage.nbytes()
        if where in self._known:
            return
        self._known.add(where)
        self.now += size
        self.most = max(self.most, self.now)

        def gone() -> None:
            self._known.discard(where)
            self.now -= size

        weakref.finalize(storage, gone)


def inputs(base: BaseModel, pictures: int) -> tuple[Tensor, Tensor, Tensor]:
    features = base.text_encoder.config.hidden_size
    return (
        torch.randn(pictures, 4, 16, 24),
        torch.arange(pictures),
        torch.randn(pictures, 77, features, requires_grad=True),
    )


@pytest.mark.parametrize("layers", ["all", "attention"])
@pytest.mark.parametrize("pictures", [1, 3])
def test_activations_are_those_of_a_real_pass(base_model: BaseModel, layers: str, pictures: int) -> None:
    lora = LoraConfig(rank=4, layers=layers, train_text_encoder=False)
    need = count_need(base_model, lora, (192, 128), average=False)
    LoraAdapter(base_model, lora, 0).train(True)
    given = inputs(base_model, pictures)
    kept = saved_bytes(lambda: base_model.unet(*given).square().mean(), base_model.unet)
    assert pictures * need.activations == pytest.approx(kept, rel=0.02)


@pytest.mark.parametrize("checkpointing", [False, True])
def test_the_peak_of_a_real_step_is_that_of_the_count(base_model: BaseModel, checkpointing: bool) -> None:
    """Without the workspace of libraries, which a CPU's do not take from torch."""
    lora = LoraConfig(rank=4, train_text_encoder=False)
    need = count_need(base_model, lora, (192, 128), average=False)
    LoraAdapter(base_model, lora, 0).train(True)
    base_model.unet.gradient_checkpointing = checkpointing
    given = inputs(base_model, 4)
    with Peak() as peak:
        base_model.unet(*given).square().mean().backward()
    counted = 4 * (need.recomputed if checkpointing else need.activations)
    assert 0.75 * counted < peak.most < 1.35 * counted


def test_counting_changes_nothing(base_model: BaseModel) -> None:
    before = {name: value.clone() for name, value in base_model.unet.state_dict().items()}
    state = torch.get_rng_state()
    count_need(base_model, LoraConfig(rank=4), (64, 64), average=True)
    after = base_model.unet.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_text_encoders_share_is_an_upper_bound_and_not_far_off(dtype: torch.dtype) -> None:
    config = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=2, num_attention_heads=12)
    base = BaseModel(sd15().unet, None, CLIPTextModel(config).to(dtype).requires_grad_(False), None, "")  # type: ignore[arg-type]
    lora = LoraConfig(rank=16)
    share = count_need(base, lora, (64, 64), average=False).activations
    share -= count_need(base, LoraConfig(rank=16, train_text_encoder=False), (64, 64), average=False).activations
    encoder = base.text_encoder
    with torch.device("meta"):
        small = UNet(UnetLayout((32,), 1, (True,), 768, (1,)))
    LoraAdapter(BaseModel(small, None, encoder, None, ""), lora, 0).train(True)  # type: ignore[arg-type]
    kept = saved_bytes(lambda: encoder(torch.ones(1, 77, dtype=torch.int64)).last_hidden_state.sum(), encoder)
    assert kept <= share < 2.5 * kept


def test_what_stays_is_counted_from_shapes() -> None:
    need = paper()
    assert need.weights == pytest.approx(2 * (859_520_964 + 123_060_480), rel=1e-5)
    assert need.lora == 19_585_664 * (5 * 4 + 2 * 2)
    full = count_need(sd15(torch.float32), LoraConfig(), (512, 512), average=False)
    assert full.weights == pytest.approx(2 * need.weights, rel=1e-5)
    assert full.lora == 19_585_664 * 4 * 4


def test_the_papers_step_and_the_smallest_way_fit() -> None:
    assert paper().step(4, checkpointing=False) < 6.6 * GB
    assert paper().step(1, checkpointing=True) < 2.9 * GB


def test_twice_the_positions_take_twice_the_activations() -> None:
    wide = count_need(sd15(), LoraConfig(train_text_encoder=False), (1024, 512), average=True)
    plain = count_need(sd15(), LoraConfig(train_text_encoder=False), (512, 512), average=True)
    assert wide.activations == pytest.approx(2 * plain.activations, rel=0.02)


# What is decided by it. A made-up need: 2 GB that stay, 1 GB a picture, 0.25 GB with checkpointing.

NEED = Need(weights=2 * GB, lora=0, activations=GB, recomputed=GB // 4)


@pytest.mark.parametrize(
    ("free", "micro_batch", "checkpointing", "at_once"),
    [
        (16.0, 4, False, 8),
        (6.5, 4, False, 8),
        (5.0, 2, False, 8),
        (3.4, 1, False, 4),
        (2.9, 2, True, 2),
        (2.5, 1, True, 1),
        (1.0, 1, True, 1),  # nothing fits, and it is tried all the same
    ],
)
def test_smaller_portions_come_before_checkpointing(
    free: float, micro_batch: int, checkpointing: bool, at_once: int
) -> None:
    there = Room(int(free * GB), 16 * GB)
    plan = choose(NEED, there, 4, checkpointing=False)
    assert (plan.micro_batch, plan.checkpointing, plan.at_once) == (micro_batch, checkpointing, at_once)
    assert (plan.need <= there.free) == (free > 1)


def test_checkpointing_that_was_asked_for_is_kept() -> None:
    plan = choose(NEED, Room(16 * GB, 16 * GB), 4, checkpointing=True)
    assert (plan.micro_batch, plan.checkpointing) == (4, True)


def test_a_16_gb_card_that_reports_15_99_trains_the_paper_without_checkpointing() -> None:
    there = Room(free=int(14.9 * 2**30), total=int(15.99 * 2**30))
    plan = choose(paper(), there, 4, checkpointing=False)
    assert (plan.micro_batch, plan.checkpointing) == (4, False)
    assert plan.text.endswith("of 16 GB of memory (4 at a time).")


def test_a_4_gb_card_finds_its_way_by_itself() -> None:
    plan = choose(paper(), Room(free=int(3.4 * 2**30), total=4 * 2**30), 4, checkpointing=False)
    assert plan.need < 3.4 * 2**30
    assert "of 4 GB" in plan.text


def test_too_little_memory_is_said_before_the_run() -> None:
    text = choose(paper(), Room(2 * 2**30, 6 * 2**30), 4, checkpointing=False).text
    assert "Only 2 GB are free" in text and "Close other programs" in text


def test_a_cpu_follows_the_recipe(base_model: BaseModel, dataset: StyleDataset) -> None:
    config = RunConfig(training=TrainingConfig(batch_size=3))
    plan = plan_memory(config, base_model, dataset, torch.device("cpu"))
    assert (plan.micro_batch, plan.checkpointing, plan.text) == (3, False, "")


def test_what_is_on_the_device_already_counts_as_free(
    base_model: BaseModel, dataset: StyleDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ComfyUI hands the weights over on the GPU. The CPU plays its part, with memory that just suffices."""
    device = torch.device("cpu")
    config = RunConfig(LoraConfig(rank=2), training=TrainingConfig(batch_size=2))
    largest = max((picture.bucket for picture in dataset.pictures), key=lambda bucket: bucket[0] * bucket[1])
    need = count_need(base_model, config.lora, largest, average=True)
    left = need.step(2, checkpointing=False) - need.weights
    monkeypatch.setattr("lora_core.training.plan.room", lambda _: Room(left, 2 * left))
    plan = plan_memory(config, base_model, dataset, device)
    assert (plan.micro_batch, plan.checkpointing) == (2, False)
    monkeypatch.setattr("lora_core.training.plan.room", lambda _: Room(left - need.activations, 2 * left))
    assert plan_memory(config, base_model, dataset, device).micro_batch == 1
