"""The networks against diffusers' own, bit for bit in float32 on the CPU: outputs, gradients and names."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, AutoencoderTiny, DDIMScheduler, UNet2DConditionModel
from safetensors.torch import load_file
from torch import Tensor, nn

from lora_core.model.autoencoder import Autoencoder
from lora_core.model.diffusion import sd15_alphas_cumprod
from lora_core.model.keys import unet_key, vae_key
from lora_core.model.layout import LATENT_SCALE, UnetLayout
from lora_core.model.loading import load_network
from lora_core.model.sampler import ddim_step, ddim_timesteps
from lora_core.model.single_file import VAE_PREFIX, load_state_dict, part
from lora_core.model.tiny_autoencoder import TinyAutoencoder
from lora_core.model.unet import UNet
from pocket.model import POCKET_MODEL

CONTEXT = 24
LAYOUTS = {
    "SD 1.5's, scaled down": UnetLayout((32, 64, 128, 128), 2, (True, True, True, False), CONTEXT, (8, 8, 8, 8)),
    "the pocket model's": UnetLayout((64, 128, 128), 1, (True, True, False), CONTEXT, (2, 4, 4)),
}


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    """Several may add up in another order each time."""
    torch.set_num_threads(1)


def diffusers_unet(layout: UnetLayout) -> UNet2DConditionModel:
    down = ["CrossAttnDownBlock2D" if attends else "DownBlock2D" for attends in layout.attention]
    torch.manual_seed(0)
    return UNet2DConditionModel(
        block_out_channels=layout.channels,
        down_block_types=down,
        up_block_types=[kind.replace("Down", "Up") for kind in reversed(down)],
        layers_per_block=layout.blocks,
        cross_attention_dim=layout.context,
        attention_head_dim=layout.heads,
    ).requires_grad_(False)


def layers(network: nn.Module) -> list[str]:
    return [name for name, module in network.named_modules() if isinstance(module, (nn.Linear, nn.Conv2d))]


@pytest.fixture(params=LAYOUTS)
def unets(request: pytest.FixtureRequest) -> tuple[UNet2DConditionModel, UNet]:
    layout = LAYOUTS[request.param]
    theirs = diffusers_unet(layout)
    return theirs, load_network(lambda: UNet(layout), theirs.state_dict(), torch.float32, "It")


def inputs(size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    noisy, context = torch.randn(3, 4, *size, generator=generator), torch.randn(3, 77, CONTEXT, generator=generator)
    return noisy, torch.tensor([0, 431, 999]), context


def test_a_unet_has_diffusers_names_in_diffusers_order(unets: tuple[UNet2DConditionModel, UNet]) -> None:
    theirs, ours = unets
    assert layers(ours) == layers(theirs)
    assert ours.state_dict().keys() == theirs.state_dict().keys()


@pytest.mark.parametrize("size", [(16, 16), (8, 24), (9, 14)])  # the last is uneven on the way down
@pytest.mark.parametrize("recomputed", [False, True])
def test_a_unet_predicts_what_diffusers_predicts(
    unets: tuple[UNet2DConditionModel, UNet], size: tuple[int, int], recomputed: bool
) -> None:
    """In training too, with the gradient of the context, which comes through every attention."""
    outcomes = []
    for network in unets:
        noisy, timesteps, context = inputs(size)
        context.requires_grad_()
        if recomputed and network is unets[0]:
            network.enable_gradient_checkpointing()
        elif recomputed:
            network.gradient_checkpointing = True
        predicted: Any = network.train()(noisy, timesteps, context)
        predicted = predicted if isinstance(predicted, Tensor) else predicted.sample
        outcomes.append((predicted, *torch.autograd.grad(predicted.square().sum(), context)))
    for theirs, ours in zip(*outcomes, strict=True):  # the sums are the same, some in another order
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5 * float(theirs.detach().abs().max()))


def test_recomputing_keeps_fewer_activations(unets: tuple[UNet2DConditionModel, UNet]) -> None:
    kept = []
    for unets[1].gradient_checkpointing in (False, True):
        sizes = []
        noisy, timesteps, context = inputs((16, 16))
        with torch.autograd.graph.saved_tensors_hooks(lambda x, sizes=sizes: sizes.append(x.numel()) or x, lambda x: x):
            unets[1](noisy, timesteps, context.requires_grad_())
        kept.append(sum(sizes))
    assert kept[1] < kept[0] / 2


@pytest.fixture(scope="module")
def diffusers_vae() -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL(
        block_out_channels=(32, 64, 64, 64),
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        layers_per_block=2,
        latent_channels=4,
    ).eval()


@torch.no_grad()
def test_the_autoencoder_gives_what_diffusers_gives(diffusers_vae: AutoencoderKL) -> None:
    weights = diffusers_vae.state_dict()
    ours = load_network(lambda: Autoencoder((32, 64, 64, 64), 2, 32), weights, torch.float32, "It")
    assert ours.state_dict().keys() == weights.keys()
    pixels = torch.rand(2, 3, 64, 88, generator=torch.Generator().manual_seed(2)) * 2 - 1
    latents = diffusers_vae.encode(pixels).latent_dist.mean * LATENT_SCALE
    assert torch.equal(ours.encode(pixels), latents)
    assert torch.equal(ours.decode(latents), diffusers_vae.decode(latents / LATENT_SCALE).sample)


@torch.no_grad()
def test_the_tiny_autoencoder_gives_what_diffusers_gives() -> None:
    """With the pocket model's weights, whose decoder diffusers counts from the layer after the clamp."""
    weights = part(load_file(POCKET_MODEL), VAE_PREFIX)
    theirs = AutoencoderTiny(latent_channels=4)
    state = {}
    for key, weight in weights.items():
        side, _, rest = key.partition(".")
        number, _, name = rest.partition(".")
        if side == "taesd_encoder":
            state[f"encoder.layers.{rest}"] = weight
        elif side == "taesd_decoder":
            state[f"decoder.layers.{int(number) - 1}.{name}"] = weight
    theirs.load_state_dict(state)
    ours = load_network(lambda: TinyAutoencoder(0.5), weights, torch.float32, "It")
    pixels = torch.rand(2, 3, 64, 88, generator=torch.Generator().manual_seed(2)) * 2 - 1
    latents = theirs.encode(pixels).latents
    assert torch.equal(ours.encode(pixels), latents * 0.5)
    assert torch.equal(ours.decode(latents * 0.5), theirs.decode(latents).sample)


@pytest.mark.parametrize("steps", [1, 3, 20, 50])
def test_ddim_is_diffusers_own(steps: int) -> None:
    """To 1e-4: diffusers multiplies the schedule up in float32, ours is rounded once, from float64.

    Given diffusers' schedule, it is the same to the bit.
    """
    scheduler = DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
    )
    scheduler.set_timesteps(steps)
    assert [timestep for timestep, _ in ddim_timesteps(steps)] == scheduler.timesteps.tolist()
    theirs = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(3))
    same, ours = theirs, theirs
    for timestep, following in ddim_timesteps(steps):
        noise = torch.randn(theirs.shape, generator=torch.Generator().manual_seed(timestep))
        theirs = scheduler.step(noise, timestep, theirs).prev_sample
        for_them, for_us = scheduler.alphas_cumprod, sd15_alphas_cumprod()
        same = ddim_step(same, noise, for_them[timestep], for_them[following])
        ours = ddim_step(ours, noise, for_us[timestep], for_us[following])
    assert torch.equal(same, theirs)
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


# Names in a single file


def test_a_single_files_unet_is_the_one_that_diffusers_reads_from_it() -> None:
    """Our names for all of the pocket model's weights, against its UNet as diffusers' own conversion gives it."""
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint

    weights = load_file(POCKET_MODEL)
    converted = convert_ldm_unet_checkpoint(dict(weights), {"layers_per_block": 1})
    ours = load_state_dict(weights, lambda texts: torch.zeros(len(texts), 77), torch.float32).unet.state_dict()
    assert ours.keys() == converted.keys()
    assert all(torch.equal(ours[name], weight.float()) for name, weight in converted.items())


def test_sd15s_names_are_the_papers() -> None:
    """Names from v1-5-pruned-emaonly.safetensors, of each kind the first and the last."""
    layout = UnetLayout((320, 640, 1280, 1280), 2, (True, True, True, False), 768, (8, 8, 8, 8))
    literal = {
        "down_blocks.0.resnets.0.conv1.weight": "input_blocks.1.0.in_layers.2.weight",
        "down_blocks.0.attentions.1.proj_in.bias": "input_blocks.2.1.proj_in.bias",
        "down_blocks.2.downsamplers.0.conv.weight": "input_blocks.9.0.op.weight",
        "down_blocks.3.resnets.1.conv2.weight": "input_blocks.11.0.out_layers.3.weight",
        "mid_block.attentions.0.transformer_blocks.0.attn2.to_out.0.bias": (
            "middle_block.1.transformer_blocks.0.attn2.to_out.0.bias"
        ),
        "mid_block.resnets.1.time_emb_proj.weight": "middle_block.2.emb_layers.1.weight",
        "up_blocks.0.resnets.2.conv_shortcut.weight": "output_blocks.2.0.skip_connection.weight",
        "up_blocks.0.upsamplers.0.conv.weight": "output_blocks.2.1.conv.weight",
        "up_blocks.2.upsamplers.0.conv.bias": "output_blocks.8.2.conv.bias",
        "up_blocks.3.attentions.2.norm.weight": "output_blocks.11.1.norm.weight",
        "time_embedding.linear_2.weight": "time_embed.2.weight",
        "conv_out.weight": "out.2.weight",
    }
    assert {name: unet_key(name, layout.blocks, layout.attention) for name in literal} == literal
    literal = {
        "encoder.down_blocks.1.resnets.0.conv_shortcut.weight": "encoder.down.1.block.0.nin_shortcut.weight",
        "encoder.down_blocks.2.downsamplers.0.conv.bias": "encoder.down.2.downsample.conv.bias",
        "encoder.mid_block.resnets.1.norm2.weight": "encoder.mid.block_2.norm2.weight",
        "decoder.mid_block.attentions.0.to_out.0.weight": "decoder.mid.attn_1.proj_out.weight",
        "decoder.up_blocks.0.resnets.2.conv1.weight": "decoder.up.3.block.2.conv1.weight",
        "decoder.up_blocks.2.upsamplers.0.conv.weight": "decoder.up.1.upsample.conv.weight",
        "decoder.conv_norm_out.weight": "decoder.norm_out.weight",
        "post_quant_conv.weight": "post_quant_conv.weight",
    }
    assert {name: vae_key(name, 4) for name in literal} == literal


def test_a_single_files_autoencoder_is_the_one_that_diffusers_reads_from_it(diffusers_vae: AutoencoderKL) -> None:
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    state = diffusers_vae.state_dict()
    weights = {f"{VAE_PREFIX}{vae_key(name, 4)}": weight for name, weight in state.items()}
    for key, weight in weights.items():
        if ".attn_1." in key and weight.dim() == 2:  # in the file they are convolutions
            weights[key] = weight[:, :, None, None]
    blocks = ["DownEncoderBlock2D"] * 4
    converted = convert_ldm_vae_checkpoint(weights, {"down_block_types": blocks, "up_block_types": blocks})
    assert converted.keys() == state.keys()
    assert all(torch.equal(converted[name], weight) for name, weight in state.items())
    ours = load_network(
        lambda: Autoencoder((32, 64, 64, 64), 2, 32),
        part(weights, VAE_PREFIX),
        torch.float32,
        "It",
        lambda name: vae_key(name, 4),
    )
    assert all(torch.equal(ours.state_dict()[name], weight) for name, weight in state.items())
