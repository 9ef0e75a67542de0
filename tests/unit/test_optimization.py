"""One step against the written formulas: AdamW, warm-up, clipping, accumulation, and the random draws of a step."""

from __future__ import annotations

import copy
import time
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from lora_core.config import LoraConfig, OptimizerConfig, RunConfig, TrainingConfig
from lora_core.dataset.style import StyleDataset
from lora_core.errors import CheckpointError, TrainingError
from lora_core.memory import is_out_of_memory
from lora_core.model.base import BaseModel
from lora_core.model.lora import LoraAdapter
from lora_core.training.draws import Batch, Sample, draw_samples
from lora_core.training.readings import Readings
from lora_core.training.state import OptimizerState
from lora_core.training.step import Optimization

CPU = torch.device("cpu")


def latents(_picture, mirrored: bool) -> Tensor:
    plain = torch.linspace(-1, 1, 4 * 8 * 8).reshape(4, 8, 8)
    return plain.flip(-1) if mirrored else plain


def square(dataset: StyleDataset, count: int) -> list:
    """Pictures of one shape, the only one that `latents` has."""
    return [picture for picture in dataset.training if picture.bucket == (64, 64)][:count]


def samples(dataset: StyleDataset, step: int, count: int = 2, **training) -> list[Sample]:
    return draw_samples(TrainingConfig(**training), step, square(dataset, count), latents)


def prepared(base: BaseModel, dropout: float = 0.0, **settings) -> tuple[LoraAdapter, Optimization]:
    lora = LoraConfig(rank=2, dropout=dropout)
    config = RunConfig(lora, OptimizerConfig(**settings.pop("optimizer", {})), TrainingConfig(**settings))
    adapter = LoraAdapter(base, config.lora, seed=3)
    adapter.train(True)
    return adapter, Optimization(base, adapter, config, CPU)


def take(optimization: Optimization, step: int, given: list[Sample]) -> tuple[float, float]:
    """The loss and the learning rate of a step, read at once."""
    readings, batch = Readings(), Batch.of(given, CPU)
    readings.add(step, 1, batch.names, optimization.step(step, batch))
    (entry,) = readings.read()
    return entry.loss, entry.learning_rate


def values(adapter: LoraAdapter) -> Tensor:
    return adapter.weights.masters.detach().clone()


def test_two_steps_are_those_of_the_adamw_formula(base_model: BaseModel, dataset: StyleDataset) -> None:
    """w <- w - eta (m / (sqrt(v) + eps) + lambda w), with bias-corrected m and v (Loshchilov & Hutter 2019)."""
    rate, decay, beta1, beta2, epsilon, warmup = 1e-2, 0.1, 0.8, 0.95, 1e-6, 4
    recipe = {
        "learning_rate": rate,
        "weight_decay": decay,
        "beta1": beta1,
        "beta2": beta2,
        "epsilon": epsilon,
        "warmup_steps": warmup,
    }
    adapter, optimization = prepared(base_model, optimizer=recipe)
    weights = values(adapter).double()
    mean, square_mean = torch.zeros_like(weights), torch.zeros_like(weights)
    for step in (1, 2):
        _, learning_rate = take(optimization, step, samples(dataset, step))
        assert learning_rate == pytest.approx(rate * step / warmup)
        gradient = adapter.weights.masters.grad.double()
        mean = beta1 * mean + (1 - beta1) * gradient
        square_mean = beta2 * square_mean + (1 - beta2) * gradient**2
        corrected = mean / (1 - beta1**step)
        root = (square_mean / (1 - beta2**step)).sqrt()
        weights -= learning_rate * (corrected / (root + epsilon) + decay * weights)
    torch.testing.assert_close(values(adapter).double(), weights, rtol=1e-5, atol=1e-7)


def gradients(base: BaseModel, given: list[Sample], **settings) -> Tensor:
    adapter, optimization = prepared(copy.deepcopy(base), **settings)
    take(optimization, 1, given)
    return adapter.weights.masters.grad.clone()


def test_accumulated_gradients_are_those_of_the_whole_batch(pristine_model: BaseModel, dataset: StyleDataset) -> None:
    given = samples(dataset, 1, count=4)
    whole = gradients(pristine_model, given, batch_size=4)
    parts = gradients(pristine_model, given, batch_size=1, gradient_accumulation=4)
    torch.testing.assert_close(whole, parts, rtol=1e-3, atol=1e-7)


def test_clipping_scales_the_gradients_to_the_limit(pristine_model: BaseModel, dataset: StyleDataset) -> None:
    given = samples(dataset, 1)
    free = gradients(pristine_model, given)
    limit = float(free.norm()) / 3
    clipped = gradients(pristine_model, given, optimizer={"max_grad_norm": limit})
    assert float(clipped.norm()) == pytest.approx(limit, rel=1e-4)
    torch.testing.assert_close(free / 3, clipped, rtol=1e-3, atol=1e-8)


def test_min_snr_weighting_changes_the_gradient_but_not_the_recorded_loss(
    pristine_model: BaseModel, dataset: StyleDataset
) -> None:
    given = [replace(sample, timestep=20) for sample in samples(dataset, 1)]  # a high signal-to-noise ratio
    losses = []
    for gamma in (0.0, 5.0):
        _, optimization = prepared(copy.deepcopy(pristine_model), min_snr_gamma=gamma)
        losses.append(take(optimization, 1, given)[0])
    assert losses[0] == losses[1]
    plain, weighted = gradients(pristine_model, given), gradients(pristine_model, given, min_snr_gamma=5.0)
    assert 0 < weighted.norm() < 0.2 * plain.norm()


@pytest.mark.parametrize("poison", ["loss", "gradient"])
def test_a_non_finite_step_is_refused_before_it_touches_a_weight(
    base_model: BaseModel, dataset: StyleDataset, poison: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, optimization = prepared(base_model)
    given = samples(dataset, 1)
    take(optimization, 1, given)  # so that AdamW has moments to protect as well
    before, moments = values(adapter), copy.deepcopy(optimization.copied()().moments)
    if poison == "loss":
        given = [replace(sample, latents_CHW=torch.full_like(sample.latents_CHW, torch.nan)) for sample in given]
    else:
        overflowing(adapter, monkeypatch)
    with pytest.raises(TrainingError, match=f"at step 2 \\(pictures: {given[0].picture.path.name}"):
        take(optimization, 2, given)
    assert torch.equal(values(adapter), before)
    after = optimization.copied()().moments
    assert all(torch.equal(after[i][name], value) for i in moments for name, value in moments[i].items())


def test_moments_are_those_of_the_moment_however_long_their_copy_takes(
    base_model: BaseModel, dataset: StyleDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, optimization = prepared(base_model)
    take(optimization, 1, samples(dataset, 1))
    before = optimization.copied()().moments[0]["exp_avg"].clone()
    copy_now = adapter.weights.copied

    def copy_later(vector: Tensor) -> Tensor:
        time.sleep(0.5)  # far longer than a step
        return copy_now(vector)

    monkeypatch.setattr(adapter.weights, "copied", copy_later)
    arranged = optimization.copied()
    take(optimization, 2, samples(dataset, 2))
    assert torch.equal(arranged().moments[0]["exp_avg"], before)


@pytest.mark.parametrize("odd", ["a layer", "a moment", "the step", "a shape", "the shape of the step"])
def test_a_state_that_is_not_of_this_run_is_refused(base_model: BaseModel, dataset: StyleDataset, odd: str) -> None:
    _, optimization = prepared(base_model)
    take(optimization, 1, samples(dataset, 1))
    state = optimization.copied()()
    optimization.load_state(state)
    moments = {index: dict(tensors) for index, tensors in state.moments.items()}
    if odd == "a layer":
        del moments[1]
    elif odd == "a moment":
        del moments[0]["exp_avg_sq"]
    elif odd == "the step":
        del moments[0]["step"]
    else:
        moments[0]["step" if odd.endswith("step") else "exp_avg"] = torch.zeros(3, 3)
    with pytest.raises(CheckpointError, match="does not belong to this run"):
        optimization.load_state(replace(state, moments=moments))


def test_a_state_without_the_scale_of_float16_is_refused(base_model: BaseModel) -> None:
    _, optimization = prepared(base_model, precision="float16")
    with pytest.raises(CheckpointError, match="does not belong to this run"):
        optimization.load_state(OptimizerState({}, {}, 1))


def test_moments_are_copied_to_memory_that_is_used_again(base_model: BaseModel, dataset: StyleDataset) -> None:
    """New memory takes longer to get than to fill, and training waits for the copy."""
    adapter, optimization = prepared(base_model)
    take(optimization, 1, samples(dataset, 1))
    first = optimization.copied()().moments[0]
    places = {first["exp_avg"].data_ptr(), first["exp_avg_sq"].data_ptr()}
    del first
    take(optimization, 2, samples(dataset, 2))
    assert places <= {memory.ctypes.data for memory in adapter.weights._copies._left}


def test_nothing_changes_after_a_broken_step_until_it_is_read(base_model: BaseModel, dataset: StyleDataset) -> None:
    """Steps go on while the device works, and the one that is to blame is named."""
    adapter, optimization = prepared(base_model)
    readings, before = Readings(), values(adapter)
    for step in (1, 2, 3):
        given = samples(dataset, step)
        if step == 2:
            given = [replace(sample, latents_CHW=torch.full_like(sample.latents_CHW, torch.nan)) for sample in given]
        batch = Batch.of(given, CPU)
        readings.add(step, 1, batch.names, optimization.step(step, batch))
        if step == 1:
            before = values(adapter)
    reading = readings.read()
    assert next(reading).step == 1
    with pytest.raises(TrainingError, match="at step 2 "):
        next(reading)
    assert torch.equal(values(adapter), before)


def overflowing(adapter: LoraAdapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the gradient of one value is infinite."""
    collect = adapter.weights.collect

    def collected() -> None:
        collect()
        adapter.weights.masters.grad[0] = torch.inf

    monkeypatch.setattr(adapter.weights, "collect", collected)


def test_float16_skips_a_step_that_overflows_and_lowers_its_scale(
    base_model: BaseModel, dataset: StyleDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GradScaler's rules: start at 65,536, halve on overflow, leave the weights alone."""
    for part in (base_model.unet, base_model.text_encoder):
        part.half()
    adapter, optimization = prepared(base_model, precision="float16", optimizer={"warmup_steps": 0})
    before = values(adapter)
    with monkeypatch.context() as patch:
        overflowing(adapter, patch)
        take(optimization, 1, samples(dataset, 1))
    assert torch.equal(values(adapter), before)
    assert optimization.copied()().scaler["scale"] == 32768.0
    take(optimization, 2, samples(dataset, 2))
    assert not torch.equal(values(adapter), before)
    assert optimization.copied()().scaler["scale"] == 32768.0


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("step", [1, 2])
def test_a_step_that_runs_out_of_memory_in_adamw_can_be_repeated(
    pristine_model: BaseModel, dataset: StyleDataset, precision: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the first step AdamW makes its moments, in a later one only its own work can fail."""
    found = []
    for fails in (False, True):
        base = copy.deepcopy(pristine_model)
        for part in (base.unet, base.text_encoder):
            part.to(getattr(torch, precision))
        adapter, optimization = prepared(base, precision=precision)
        for number in range(1, step):
            take(optimization, number, samples(dataset, number))
        if fails:
            with monkeypatch.context() as patch:
                patch.setattr(torch, "zeros_like" if step == 1 else "_fused_adamw_", short_of_memory)
                with pytest.raises(torch.OutOfMemoryError):
                    take(optimization, step, samples(dataset, step))
        take(optimization, step, samples(dataset, step))
        found.append((values(adapter), optimization.copied()()))
    (expected, state), (repeated, state_again) = found
    assert torch.equal(expected, repeated)
    assert state.scaler == state_again.scaler
    for name, value in state.moments[0].items():
        assert torch.equal(state_again.moments[0][name], value), name


def short_of_memory(*_: object, **__: object) -> None:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")


def test_the_loss_scale_does_not_scale_the_gradients(pristine_model: BaseModel, dataset: StyleDataset) -> None:
    """float16's are those of float32 but for rounding, although the loss was multiplied by 65,536 on the way."""
    half = copy.deepcopy(pristine_model)
    for part in (half.unet, half.text_encoder):
        part.half()
    given = samples(dataset, 1)
    whole = gradients(pristine_model, given)
    scaled = gradients(half, given, precision="float16")
    assert (whole - scaled).norm() < 0.05 * whole.norm()


def test_dropout_differs_from_portion_to_portion(pristine_model: BaseModel, dataset: StyleDataset) -> None:
    """One picture four times over: with the same mask in each portion the loss would be that of a single one."""

    def loss(count: int, dropout: float) -> float:
        adapter, optimization = prepared(copy.deepcopy(pristine_model), dropout, batch_size=1)
        adapter.weights.set(torch.full_like(values(adapter), 0.1))  # B starts at zero and lets nothing through
        return take(optimization, 1, samples(dataset, 1, 1) * count)[0]

    assert loss(4, dropout=0.0) == pytest.approx(loss(1, dropout=0.0), rel=1e-6)
    assert loss(1, dropout=0.5) != pytest.approx(loss(1, dropout=0.0), rel=1e-4)
    assert loss(4, dropout=0.5) != pytest.approx(loss(1, dropout=0.5), rel=1e-4)
    assert loss(4, dropout=0.5) == loss(4, dropout=0.5)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("HIP out of memory. Tried to allocate 2.00 GiB."), True),
        (RuntimeError("level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)"), True),
        (RuntimeError("Could not allocate tensor with 83886080 bytes. There is not enough GPU video memory!"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"), True),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:126] data. DefaultCPUAllocator: not enough memory"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied (3x4 and 5x6)"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_counts_as_out_of_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


def test_the_cpus_own_allocator_is_understood() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**45)
    assert is_out_of_memory(caught.value)


# The draws of a step


def test_draws_depend_on_seed_and_step_alone(dataset: StyleDataset) -> None:
    def numbers(**settings) -> list:
        step = settings.pop("step", 7)
        return [(sample.timestep, sample.noise_CHW.sum().item()) for sample in samples(dataset, step, **settings)]

    assert numbers() == numbers()
    assert numbers() != numbers(step=8)
    assert numbers() != numbers(seed=1)


def test_timesteps_are_uniform(dataset: StyleDataset) -> None:
    drawn = [sample.timestep for step in range(1, 1001) for sample in samples(dataset, step)]
    assert min(drawn) < 10 and max(drawn) > 990
    assert sum(drawn) / len(drawn) == pytest.approx(499.5, abs=25)


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_captions_are_dropped_that_often(dataset: StyleDataset, probability: float) -> None:
    drawn = [s for step in range(1, 401) for s in samples(dataset, step, caption_dropout=probability)]
    assert sum(sample.caption == "" for sample in drawn) / len(drawn) == pytest.approx(probability, abs=0.05)


def test_half_of_the_pictures_are_mirrored_if_asked_for(dataset: StyleDataset) -> None:
    def mirrored(**settings) -> float:
        drawn = [s for step in range(1, 401) for s in samples(dataset, step, **settings)]
        return sum(torch.equal(s.latents_CHW, latents(None, True)) for s in drawn) / len(drawn)

    assert mirrored() == 0
    assert mirrored(horizontal_flip=True) == pytest.approx(0.5, abs=0.06)


def test_noise_offset_shifts_whole_channels(dataset: StyleDataset) -> None:
    plain, shifted = samples(dataset, 1), samples(dataset, 1, noise_offset=0.5)
    for one, other in zip(plain, shifted, strict=True):
        difference = other.noise_CHW - one.noise_CHW
        assert difference.std(dim=(1, 2)).max() < 1e-6
        assert difference.abs().max() > 0.01
