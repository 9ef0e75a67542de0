"""Milliseconds per optimiser step: lora_core against a straightforward diffusers and peft loop.

python dev.py bench training_step. Both train the same layers of the same UNet on the same shapes, taking turns in one
process, so that other load on the machine affects both. Two reference loops are timed: the step alone, on latents only,
and the loop as it is usually written, which sends every picture through the VAE in every step; lora_core does that once
per run. A validation of 8 pictures is timed as well, and its share of a run is printed. By default the UNet is a narrow
one with SD 1.5's topology (9 M parameters), with --full one of its full size. On a CPU the processor time is printed
too, since other programs do not affect it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
from torch import Tensor

from lora_core.config import LAYERS, LoraConfig, OptimizerConfig, RunConfig, TrainingConfig, ValidationConfig
from lora_core.dataset.style import Picture
from lora_core.model.base import BaseModel
from lora_core.model.diffusion import sd15_alphas_cumprod
from lora_core.model.layout import UnetLayout
from lora_core.model.loading import load_network
from lora_core.model.lora import LoraAdapter, target_modules
from lora_core.model.unet import UNet
from lora_core.tensors import DTYPES
from lora_core.training.draws import Batch, draw_samples
from lora_core.training.grid import ValidationGrid
from lora_core.training.step import Optimization

RANK = 16
STEPS_AN_EPOCH = 14
CAPTION = "a photograph of a building"


def main() -> None:
    diffusers.utils.logging.set_verbosity_error()
    arguments = _parser().parse_args()
    device = torch.device(arguments.device or ("cuda" if torch.cuda.is_available() else "cpu"))
    dtype = DTYPES[arguments.precision or ("bfloat16" if device.type == "cuda" else "float32")]
    pixels = arguments.pixels or (512 if arguments.full else 128)
    parts = build(arguments.full, device, dtype)
    step, validate = ours(parts, arguments, pixels, device, arguments.precision or str(dtype).split(".")[1])
    steps = {
        "lora_core": step,
        "one validation": validate,
    }
    if not arguments.alone:
        for name, encodes in (("diffusers + peft", False), ("diffusers + peft, VAE in the loop", True)):
            steps[name] = reference_step(parts, arguments, pixels, device, dtype, encode_pictures=encodes)
    size = sum(weight.numel() for weight in parts["unet"]().parameters()) / 1e6
    what = f"{arguments.layers} layers, batch {arguments.batch}, {pixels} x {pixels} pixels"
    print(f"UNet {size:.0f} M parameters, {what}, {dtype}, {device}")
    times = take_turns(steps, arguments.rounds, device)
    for clock in ("wall", "processor") if device.type == "cpu" else ("wall",):
        print(f"{clock} time per step:")
        step_span = statistics.median(times["lora_core"][clock])
        for name, by_clock in times.items():
            spans = by_clock[clock]
            middle = statistics.median(spans)
            print(f"{name:>36}: {middle:8.1f} ms (fastest {min(spans):.1f}), {middle / step_span:.3f} x lora_core")
    a_step, a_validation = (statistics.median(times[name]["wall"]) for name in ("lora_core", "one validation"))
    validating = validations_an_epoch(ValidationConfig()) * a_validation
    share = validating / (validating + STEPS_AN_EPOCH * a_step)
    print(
        f"validation is {share:.1%} of steps and validations together, at the paper's 56 + 8 pictures and our defaults"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="SD 1.5's own size, 512 pixels (20 GB of memory on a CPU)")
    parser.add_argument(
        "--alone", action="store_true", help="without the loops to compare with, in a third of the memory"
    )
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--pixels", type=int)
    parser.add_argument("--layers", choices=LAYERS, default="all", help="of the UNet; all as in the paper by default")
    parser.add_argument("--device")
    parser.add_argument("--precision", choices=sorted(DTYPES))
    return parser


Times = dict[str, dict[str, list[float]]]


def take_turns(steps: dict[str, Callable[[], None]], rounds: int, device: torch.device) -> Times:
    """Milliseconds of each step by clock, `rounds` times in turns after two rounds to warm up."""
    times: Times = {name: {"wall": [], "processor": []} for name in steps}
    for number in range(rounds + 2):
        for name, step in steps.items():
            begun, worked = time.perf_counter(), time.process_time()
            step()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if number >= 2:
                times[name]["wall"].append(1000 * (time.perf_counter() - begun))
                times[name]["processor"].append(1000 * (time.process_time() - worked))
    return times


def build(full: bool, device: torch.device, dtype: torch.dtype) -> dict[str, Callable[[], Any]]:
    """Makers of equal UNets, text encoders and VAEs with frozen random weights."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    channels = (320, 640, 1280, 1280) if full else (32, 64, 128, 128)
    width, layers = (768, 12) if full else (64, 2)
    text = CLIPTextConfig(
        hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers, num_attention_heads=width // 64
    )
    makers: dict[str, Callable[[], Any]] = {
        "unet": lambda: UNet2DConditionModel(
            block_out_channels=channels, cross_attention_dim=width, attention_head_dim=8
        ),
        "text": lambda: CLIPTextModel(text),
        "vae": lambda: AutoencoderKL(
            block_out_channels=(128, 256, 512, 512) if full else (32, 64, 64, 64),
            down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4,
            layers_per_block=2,
            latent_channels=4,
        ),
    }

    def made(name: str) -> Any:
        torch.manual_seed(0)
        return makers[name]().to(device, torch.float32 if name == "vae" else dtype).requires_grad_(False).eval()

    return {name: lambda name=name: made(name) for name in makers}


def our_unet(theirs: Any) -> UNet:
    """The same UNet, weights included, as lora_core's own module."""
    config = theirs.config
    channels = tuple(config.block_out_channels)
    attention = tuple(kind.startswith("CrossAttn") for kind in config.down_block_types)
    heads = (config.attention_head_dim,) * len(channels)
    layout = UnetLayout(channels, config.layers_per_block, attention, config.cross_attention_dim, heads)
    return load_network(lambda: UNet(layout), theirs.state_dict(), theirs.dtype, "The UNet")


def validations_an_epoch(config: ValidationConfig) -> float:
    """How many times the grid, or one of its size, is measured in an epoch: averaged weights, raw ones, the probe."""
    return 1 / config.every_epochs + 1 / config.raw_every_epochs + 1 / config.probe_every_epochs


def ours(
    parts: dict[str, Callable[[], Any]], of: argparse.Namespace, pixels: int, device: torch.device, precision: str
) -> tuple[Callable[[], None], Callable[[], None]]:
    """A step, and a validation of 8 pictures, as lora_core.training.trainer makes them on cached latents."""
    tokens_BT = torch.randint(1000, (1, 77))
    unet = our_unet(parts["unet"]())
    base = BaseModel(unet, None, parts["text"](), lambda texts: tokens_BT.expand(len(texts), -1), "")
    config = RunConfig(
        LoraConfig(rank=RANK, alpha=RANK, layers=of.layers, train_text_encoder=False),
        OptimizerConfig(warmup_steps=0, max_grad_norm=1.0),
        TrainingConfig(batch_size=of.batch, precision=precision),
    )
    adapter = LoraAdapter(base, config.lora, seed=0)
    optimization = Optimization(base, adapter, config, device)
    picture = Picture(Path("a.png"), "0" * 32, pixels, pixels, (pixels, pixels), CAPTION)
    grid = ValidationGrid.build([picture] * 8, config.validation.timesteps_per_picture, 0)
    latents_CHW = torch.randn(4, pixels // 8, pixels // 8)
    done = iter(range(1, 1_000_000))

    def step() -> None:
        adapter.train(True)
        number = next(done)
        samples = draw_samples(config.training, number, [picture] * of.batch, lambda *_: latents_CHW)
        optimization.step(number, Batch.of(samples, device))

    def validate() -> None:
        adapter.train(False)
        grid.losses(base, lambda _: latents_CHW, sd15_alphas_cumprod().to(device), device, lambda: None)

    return step, validate


def reference_step(
    parts: dict[str, Callable[[], Any]],
    of: argparse.Namespace,
    pixels: int,
    device: torch.device,
    dtype: torch.dtype,
    *,
    encode_pictures: bool,
) -> Callable[[], None]:
    """A step as one would write it first with diffusers and peft: no cache, no checks, no record."""
    from diffusers import DDPMScheduler
    from peft import LoraConfig as PeftConfig

    unet, text_encoder, vae = parts["unet"](), parts["text"](), parts["vae"]()
    targets = target_modules(unet, "lora_unet_", of.layers)
    unet.add_adapter(PeftConfig(r=RANK, lora_alpha=RANK, init_lora_weights="gaussian", target_modules=targets))
    trained = [weight for weight in unet.parameters() if weight.requires_grad]
    for weight in trained:
        weight.data = weight.data.float()
    unet.train()
    adamw = torch.optim.AdamW(trained, lr=1e-4)
    schedule = DDPMScheduler(
        num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
    )
    pictures_BCHW = torch.rand(of.batch, 3, pixels, pixels) * 2 - 1
    latents_BCHW = torch.randn(of.batch, 4, pixels // 8, pixels // 8)
    tokens_BT = torch.randint(1000, (1, 77)).expand(of.batch, -1)

    def latents() -> Tensor:
        if not encode_pictures:
            return latents_BCHW.to(device)
        with torch.no_grad():
            return vae.encode(pictures_BCHW.to(device)).latent_dist.sample() * vae.config.scaling_factor

    def step() -> None:
        clean = latents()
        noise = torch.randn_like(clean)
        timesteps = torch.randint(1000, (of.batch,), device=device)
        with torch.autocast(device.type, dtype, enabled=dtype != torch.float32):
            context = text_encoder(tokens_BT.to(device)).last_hidden_state
            predicted = unet(schedule.add_noise(clean, noise, timesteps), timesteps, context).sample
        loss = torch.nn.functional.mse_loss(predicted.float(), noise.float())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        adamw.step()
        adamw.zero_grad()
        loss.item()

    return step


if __name__ == "__main__":
    main()
