"""Models of the family at other widths: the pocket model's file as `lora_core` reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from devtools.places import ROOT
from lora_core.adapters import LoraAdapter
from lora_core.base_model import BaseModel, load_state_dict
from lora_core.config import LoraConfig
from lora_core.errors import BaseModelError
from lora_core.model_files import load_base_model

POCKET = ROOT / "pocket" / "pocket_sd.safetensors"


def some_tokens(texts: list[str]) -> torch.Tensor:
    return torch.arange(77).expand(len(texts), 77)


@pytest.fixture(scope="module")
def pocket() -> BaseModel:
    return load_state_dict(load_file(POCKET), some_tokens, torch.float32)


def test_widths_and_depths_come_from_the_weights(pocket: BaseModel) -> None:
    unet, vae, text = pocket.unet.config, pocket.vae.config, pocket.text_encoder.config
    assert unet.block_out_channels == [32, 64, 96, 128]
    assert (unet.cross_attention_dim, unet.attention_head_dim, unet.layers_per_block) == (64, 8, 2)
    assert vae.block_out_channels == [32, 32, 64, 64]
    assert (vae.layers_per_block, vae.scaling_factor) == (1, 0.18215)
    assert (text.hidden_size, text.num_hidden_layers, text.num_attention_heads) == (64, 2, 1)
    assert (text.intermediate_size, text.vocab_size, text.max_position_embeddings) == (256, 49408, 77)


def test_a_picture_and_a_text_go_through(pocket: BaseModel) -> None:
    with torch.no_grad():
        latents = pocket.vae.encode(torch.zeros(1, 3, 128, 128)).latent_dist.mean
        context = pocket.encode_text(pocket.tokenize(["a house"]))
        predicted = pocket.unet(latents, 500, context).sample
    assert latents.shape == predicted.shape == (1, 4, 16, 16)
    assert context.shape == (1, 77, 64)


def test_the_lora_is_on_every_layer(pocket: BaseModel) -> None:
    """SD 1.5's 282 layers of the UNet and one more, since its last two levels differ in width; 6 a text layer."""
    names = LoraAdapter(pocket, LoraConfig(), seed=0).module_names
    assert sum(name.startswith("lora_unet_") for name in names) == 283
    assert sum(name.startswith("lora_te_") for name in names) == 12


@pytest.mark.parametrize(
    "key",
    [
        "model.diffusion_model.input_blocks.1.0.out_layers.3.weight",  # its width is read
        "model.diffusion_model.middle_block.0.in_layers.2.weight",
        "first_stage_model.decoder.conv_in.weight",
        "cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc1.weight",
    ],
)
def test_an_incomplete_file_is_named(key: str) -> None:
    weights = load_file(POCKET)
    del weights[key]
    with pytest.raises(BaseModelError, match="The checkpoint is incomplete"):
        load_state_dict(weights, some_tokens, torch.float32)


def test_a_damaged_file_is_named(tmp_path: Path, tiny_folder: Path) -> None:
    half = tmp_path / "half.safetensors"
    half.write_bytes(POCKET.read_bytes()[:1_000_000])
    with pytest.raises(BaseModelError, match=r"Cannot read .*half\.safetensors: .* Download the file again"):
        load_base_model(half, str(tiny_folder / "tokenizer"), torch.float32)
