"""Memory that runs out while a run trains, validates, draws and encodes. The allocator's error is raised by hand, in
the network's own modules and where a batch would be too large for a GPU; everything else is real.
"""

from __future__ import annotations

import copy
import json
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lora_core.config import (
    LoraConfig,
    OptimizerConfig,
    PreviewConfig,
    RunConfig,
    TrainingConfig,
    ValidationConfig,
)
from lora_core.dataset.style import StyleDataset
from lora_core.errors import TrainingError
from lora_core.memory import FIRST_WAIT, Portion
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import sd15_alphas_cumprod
from lora_core.progress import SilentWatcher
from lora_core.record.checkpoints import checkpoint_path, load_lora
from lora_core.training.grid import ValidationGrid
from lora_core.training.latent_cache import LatentCache
from lora_core.training.preview import draw_preview
from lora_core.training.trainer import Trainer

CPU = torch.device("cpu")
SHORT = "CUDA out of memory. Tried to allocate 20.00 MiB."
RECIPE = RunConfig(
    LoraConfig(rank=2),
    OptimizerConfig(learning_rate=1e-3, warmup_steps=4),
    TrainingConfig(epochs=1, batch_size=2),
    ValidationConfig(raw_every_epochs=1),
    PreviewConfig(every_epochs=0, steps=2),
)


class Cramped:
    """A network that has memory for `limit` pictures; with gradients, where `training` is all that is limited."""

    def __init__(self, unet: nn.Module, limit: int, training: bool = False) -> None:
        self.limit, self.training = limit, training
        self.sizes: list[int] = []
        """Of each batch that was tried."""
        self.failures: list[int] = []
        """Which of the batches ran out of memory."""
        self.activations: list[weakref.ref[Tensor]] = []
        self.alive_at_start: list[int] = []
        """Activations of earlier batches that were still there when a batch began."""
        unet.conv_in.register_forward_pre_hook(self._begin)
        for block in unet.down_blocks[0].resnets:
            block.register_forward_hook(self._remember)
        unet.mid_block.register_forward_pre_hook(self._fail)

    def _begin(self, _module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self.sizes.append(len(inputs[0]))
        self.alive_at_start.append(sum(each() is not None for each in self.activations))
        self.activations.clear()

    def _remember(self, _module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self.activations.append(weakref.ref(output))

    def _fail(self, _module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if len(inputs[0]) > self.limit and (torch.is_grad_enabled() or not self.training):
            self.failures.append(len(self.sizes) - 1)
            raise torch.OutOfMemoryError(SHORT)


def run(folder: Path, config: RunConfig, dataset: StyleDataset, base: BaseModel) -> Path:
    Trainer(config, dataset, base, folder, folder.parent / "cache", CPU, SilentWatcher()).train()
    return folder


def events(folder: Path) -> list[tuple[str, str]]:
    lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    return [(entry["what"], entry["text"]) for entry in entries if entry["kind"] == "event"]


def losses(folder: Path) -> np.ndarray:
    lines = (folder / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return np.array([entry["losses"] for entry in map(json.loads, lines) if entry["kind"] == "validation"])


def test_nothing_of_the_failed_attempt_is_left_at_the_next(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    cramped = Cramped(base_model.unet, 1, training=True)
    run(tmp_path / "run", RECIPE, dataset, base_model)
    (failed,) = cramped.failures
    assert cramped.sizes[failed : failed + 2] == [2, 1]
    assert cramped.alive_at_start[failed + 1] == 0


def test_micro_batches_grow_back_when_there_is_room(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    cramped = Cramped(base_model.unet, 1, training=True)

    class Watcher(SilentWatcher):
        def epoch_closed(self, epoch: int) -> None:
            if epoch == 1:
                cramped.limit = 2

    config = replace(RECIPE, training=TrainingConfig(epochs=4, batch_size=2))
    Trainer(config, dataset, base_model, tmp_path / "run", tmp_path / "cache", CPU, Watcher()).train()
    notes = [text for what, text in events(tmp_path / "run") if what == "micro_batch"]
    assert notes == [
        "Out of memory at step 1: 1 at a time, same effective batch.",
        f"There is room again at step {FIRST_WAIT + 1}: 2 at a time, same effective batch.",
    ]


def test_the_last_resort_is_gradient_checkpointing(
    pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    """And the LoRA is the one that would have come of single pictures without it."""
    ample, short = copy.deepcopy(pristine_model), copy.deepcopy(pristine_model)
    Cramped(ample.unet, 1, training=True)
    cramped = Cramped(short.unet, 0, training=True)
    short.unet.register_forward_pre_hook(lambda *_: setattr(cramped, "limit", int(short.unet.gradient_checkpointing)))
    runs = [run(tmp_path / name, RECIPE, dataset, base) for name, base in (("ample", ample), ("short", short))]
    assert (
        "memory",
        "Out of memory at step 1 even with one picture at a time: gradient checkpointing is on from here.",
    ) in events(runs[1])
    expected, found = (load_lora(checkpoint_path(each, 1))[0] for each in runs)
    assert all(torch.equal(expected[key], value) for key, value in found.items())


def test_where_nothing_helps_one_sentence_says_what_to_do(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    Cramped(base_model.unet, 0, training=True)
    with pytest.raises(TrainingError, match=r"step 1 even with one picture.*and gradient checkpointing.*run again"):
        run(tmp_path / "run", RECIPE, dataset, base_model)


@pytest.mark.parametrize("part", ["unet", "text_encoder"])
def test_a_model_that_does_not_fit_is_said_in_a_sentence(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(getattr(base_model, part), "to", always(torch.OutOfMemoryError(SHORT)))
    with pytest.raises(TrainingError, match="no room for the base model and its LoRA"):
        run(tmp_path / "run", RECIPE, dataset, base_model)


def test_a_validation_in_portions_measures_the_same(
    pristine_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    found = []
    for limit in (8, 1):
        base = copy.deepcopy(pristine_model)
        Cramped(base.unet, limit)
        config = replace(RECIPE, training=TrainingConfig(epochs=1, batch_size=1))
        found.append(run(tmp_path / str(limit), config, dataset, base))
    assert losses(found[1])[0] == pytest.approx(losses(found[0])[0], rel=1e-5)
    assert ("portion", "Out of memory while validating: 1 at a time.") in events(found[1])
    assert not [what for what, _ in events(found[0]) if what == "portion"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_the_losses_do_not_depend_on_the_portion(base_model: BaseModel, dataset: StyleDataset, limit: int) -> None:
    def latents(picture: object) -> Tensor:
        width, height = picture.bucket  # type: ignore[attr-defined]
        return torch.linspace(-1, 1, 4 * (height // 8) * (width // 8)).reshape(4, height // 8, width // 8)

    grid = ValidationGrid.build(dataset.validation, 4, seed=0)
    arguments = (base_model, latents, sd15_alphas_cumprod(), CPU, lambda: None)
    whole_NK = grid.losses(*arguments)
    Cramped(base_model.unet, limit)
    torch.testing.assert_close(grid.losses(*arguments, Portion(8, CPU)), whole_NK, rtol=1e-5, atol=1e-6)


def test_a_validation_without_memory_says_what_to_do(base_model: BaseModel, dataset: StyleDataset) -> None:
    Cramped(base_model.unet, 0)
    grid = ValidationGrid.build(dataset.validation, 1, seed=0)
    with pytest.raises(TrainingError, match=r"while validating.*resumes"):
        grid.losses(base_model, lambda _: torch.zeros(4, 8, 8), sd15_alphas_cumprod(), CPU, lambda: None)


# The VAE, which has to leave the device whatever happens.


class Places:
    """Where a VAE is told to go. There is no GPU here, so "meta" stands for it and is never really entered."""

    def __init__(self, vae: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
        self.visited: list[str] = []
        monkeypatch.setattr(vae, "to", self._to)

    def _to(self, device: torch.device | str) -> None:
        self.visited.append(str(device))


def once(error: BaseException) -> Callable[..., None]:
    """A hook that fails the first time."""
    left = [error]

    def fail(*_arguments: object) -> None:
        if left:
            raise left.pop()

    return fail


def always(error: BaseException) -> Callable[..., None]:
    """A hook that always fails."""

    def fail(*_arguments: object) -> None:
        raise error

    return fail


def preview(base: BaseModel, told: Callable[[str], None]) -> np.ndarray:
    return np.asarray(draw_preview(base, PreviewConfig(steps=3), 64, CPU, lambda: None, told), dtype=np.int16)


def test_a_preview_in_halves_is_the_same_picture(base_model: BaseModel) -> None:
    told: list[str] = []
    whole = preview(base_model, told.append)
    cramped = Cramped(base_model.unet, 1)
    halves = preview(base_model, told.append)
    assert cramped.sizes == [2, 1, 1, 1, 1, 1, 1]
    assert np.abs(halves - whole).max() <= 1
    assert told == ["Out of memory while drawing a preview: 1 at a time."]


def test_a_preview_is_decoded_on_the_cpu_if_it_must(base_model: BaseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    whole = preview(base_model, told.append)
    base_model.vae.decoder.register_forward_pre_hook(once(torch.OutOfMemoryError(SHORT)))
    places = Places(base_model.vae, monkeypatch)
    assert np.array_equal(preview(base_model, told.append), whole)
    assert told == ["Out of memory while drawing a preview: on the CPU."]
    assert places.visited[-1] == "cpu"


@pytest.mark.parametrize("error", [torch.OutOfMemoryError(SHORT), ValueError("another"), KeyboardInterrupt()])
def test_the_vae_leaves_the_device_whatever_ends_the_encoding(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    monkeypatch.setattr("lora_core.training.latent_cache.encode", always(error))
    places = Places(base_model.vae, monkeypatch)
    cache = LatentCache(tmp_path, base_model.vae, "vae", torch.device("meta"))
    with pytest.raises((TrainingError, type(error))):
        cache.fill(dataset.training, False, lambda *_: None)
    assert places.visited[0] == "meta"
    assert places.visited[-1] == "cpu"


def test_pictures_that_do_not_fit_are_encoded_on_the_cpu(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    told: list[str] = []
    plain = LatentCache(tmp_path / "plain", base_model.vae, "vae", CPU)
    expected = [plain.load(picture) for picture in dataset.training]
    base_model.vae.encoder.register_forward_pre_hook(once(torch.OutOfMemoryError(SHORT)))
    short = LatentCache(tmp_path / "short", base_model.vae, "vae", CPU, told.append)
    short.fill(dataset.training, False, lambda *_: None)
    assert all(
        torch.equal(short.load(picture), latents) for picture, latents in zip(dataset.training, expected, strict=True)
    )
    assert told == ["Out of memory while encoding pictures: on the CPU."]


def test_no_memory_for_a_preview_does_not_end_the_run(
    base_model: BaseModel, dataset: StyleDataset, tmp_path: Path
) -> None:
    base_model.vae.decoder.register_forward_pre_hook(always(torch.OutOfMemoryError(SHORT)))
    config = replace(RECIPE, preview=PreviewConfig(every_epochs=1, steps=1))
    folder = run(tmp_path / "run", config, dataset, base_model)
    told = events(folder)
    assert ("no_preview", "No memory for the preview of epoch 1; training continues.") in told
    assert told[-1][0] == "finished"
