"""Models of the family at other widths: the pocket model's file as `lora_core` reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lora_core.adapters import LoraAdapter
from lora_core.base_model import BaseModel, load_state_dict
from lora_core.config import LoraConfig
from lora_core.errors import BaseModelError
from lora_core.latent_cache import encode
from lora_core.model_files import load_base_model
from pocket.model import POCKET_MODEL


def some_tokens(texts: list[str]) -> torch.Tensor:
    return torch.arange(77).expand(len(texts), 77)


@pytest.fixture(scope="module")
def pocket() -> BaseModel:
    return load_state_dict(load_file(POCKET_MODEL), some_tokens, torch.float32)


def test_widths_and_depths_come_from_the_weights(pocket: BaseModel) -> None:
    unet, text = pocket.unet.config, pocket.text_encoder.config
    assert unet.block_out_channels == [64, 128, 128]
    assert unet.down_block_types == ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"]
    assert unet.up_block_types == ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"]
    assert (unet.cross_attention_dim, unet.attention_head_dim, unet.layers_per_block) == (64, [2, 4, 4], 1)
    assert type(pocket.vae).__name__ == "AutoencoderTiny"
    assert pocket.vae.config.scaling_factor == pytest.approx(1.0, abs=1e-3)  # vae_scale is 0.18215 in float16
    assert (text.hidden_size, text.num_hidden_layers, text.num_attention_heads) == (64, 2, 1)
    assert (text.intermediate_size, text.vocab_size, text.max_position_embeddings) == (256, 49408, 77)


def test_a_picture_and_a_text_go_through(pocket: BaseModel) -> None:
    with torch.no_grad():
        latents = encode(pocket.vae, torch.zeros(1, 3, 128, 128))
        context = pocket.encode_text(pocket.tokenize(["a house"]))
        predicted = pocket.unet(latents, 500, context).sample
    assert latents.shape == predicted.shape == (1, 4, 16, 16)
    assert context.shape == (1, 77, 64)


def test_the_lora_is_on_every_layer(pocket: BaseModel) -> None:
    """4 of input, output and time; 11 residual blocks of 3 and 7 shortcuts; 7 transformers of 12; 4 resamplings."""
    names = LoraAdapter(pocket, LoraConfig(), seed=0).module_names
    assert sum(name.startswith("lora_unet_") for name in names) == 132
    assert sum(name.startswith("lora_te_") for name in names) == 12


@pytest.mark.parametrize(
    "key",
    [
        "model.diffusion_model.input_blocks.1.0.out_layers.3.weight",  # its width is read
        "model.diffusion_model.middle_block.0.in_layers.2.weight",
        "first_stage_model.taesd_encoder.0.weight",
        "cond_stage_model.transformer.text_model.encoder.layers.1.mlp.fc1.weight",
    ],
)
def test_an_incomplete_file_is_named(key: str) -> None:
    weights = load_file(POCKET_MODEL)
    del weights[key]
    with pytest.raises(BaseModelError, match="The checkpoint is incomplete"):
        load_state_dict(weights, some_tokens, torch.float32)


def test_a_damaged_file_is_named(tmp_path: Path, tiny_folder: Path) -> None:
    half = tmp_path / "half.safetensors"
    half.write_bytes(POCKET_MODEL.read_bytes()[:1_000_000])
    with pytest.raises(BaseModelError, match=r"Cannot read .*half\.safetensors: .* Download the file again"):
        load_base_model(half, str(tiny_folder / "tokenizer"), torch.float32)
