"""Models of the family at other widths: the pocket model's file as `lora_core` reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lora_core.config import LoraConfig
from lora_core.errors import BaseModelError
from lora_core.model.base import BaseModel
from lora_core.model.disk import load_base_model
from lora_core.model.lora import LoraAdapter
from lora_core.model.single_file import load_state_dict
from lora_core.model.tiny_autoencoder import TinyAutoencoder
from lora_core.training.latent_cache import encode
from pocket.model import POCKET_MODEL


def some_tokens(texts: list[str]) -> torch.Tensor:
    return torch.arange(77).expand(len(texts), 77)


@pytest.fixture(scope="module")
def pocket() -> BaseModel:
    return load_state_dict(load_file(POCKET_MODEL), some_tokens, torch.float32)


def test_widths_and_depths_come_from_the_weights(pocket: BaseModel) -> None:
    unet, text = pocket.unet, pocket.text_encoder.config
    down, up = unet.down_blocks, unet.up_blocks
    assert [level.resnets[-1].conv2.out_channels for level in down] == [64, 128, 128]
    assert [level.resnets[-1].conv2.out_channels for level in up] == [128, 128, 64]
    assert [(len(level.resnets), len(level.attentions)) for level in down] == [(1, 1), (1, 1), (1, 0)]
    assert [(len(level.resnets), len(level.attentions)) for level in up] == [(2, 0), (2, 2), (2, 2)]
    heads = [level.attentions[0].transformer_blocks[0].attn2.heads for level in (*down[:2], unet.mid_block, *up[1:])]
    assert heads == [2, 4, 4, 4, 2]
    assert down[0].attentions[0].transformer_blocks[0].attn2.to_k.in_features == 64
    assert isinstance(pocket.vae, TinyAutoencoder)
    assert pocket.vae.scale == pytest.approx(1.0, abs=1e-3)  # vae_scale is 0.18215 in float16
    assert (text.hidden_size, text.num_hidden_layers, text.num_attention_heads) == (64, 2, 1)
    assert (text.intermediate_size, text.vocab_size, text.max_position_embeddings) == (256, 49408, 77)


def test_a_picture_and_a_text_go_through(pocket: BaseModel) -> None:
    with torch.no_grad():
        latents = encode(pocket.vae, torch.zeros(1, 3, 128, 128))
        context = pocket.encode_text(pocket.tokenize(["a house"]))
        predicted = pocket.unet(latents, torch.tensor([500]), context)
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


@pytest.mark.parametrize(
    "key",
    [
        "model.diffusion_model.output_blocks.3.2.conv.weight",
        "first_stage_model.taesd_decoder.1.weight",
    ],
)
def test_a_weight_of_another_shape_is_named(key: str) -> None:
    weights = load_file(POCKET_MODEL)
    weights[key] = weights[key][:3]
    with pytest.raises(BaseModelError, match=r"is damaged or of another layout: .* has the shape \(3, .*was expected"):
        load_state_dict(weights, some_tokens, torch.float32)


def test_weights_of_a_node_can_be_trained() -> None:
    """Nodes run in inference mode, whose tensors have no gradients."""
    with torch.inference_mode():
        weights = {key: value.clone() for key, value in load_file(POCKET_MODEL).items()}
        base = load_state_dict(weights, some_tokens, torch.float32)
    adapter = LoraAdapter(base, LoraConfig(rank=1, train_text_encoder=False), seed=0)
    noisy, context = torch.zeros(1, 4, 16, 16), torch.zeros(1, 77, 64)
    base.unet(noisy, torch.tensor([0]), context).sum().backward()
    assert adapter.weights.masters.grad.abs().max() > 0


def test_a_damaged_file_is_named(tmp_path: Path, tiny_folder: Path) -> None:
    half = tmp_path / "half.safetensors"
    half.write_bytes(POCKET_MODEL.read_bytes()[:1_000_000])
    with pytest.raises(BaseModelError, match=r"Cannot read .*half\.safetensors: .* Download the file again"):
        load_base_model(half, str(tiny_folder / "tokenizer"), torch.float32)


def test_text_encoder_keys_of_older_checkpoints() -> None:
    """Files from before 2023 name them without "text_model."."""
    today = load_file(POCKET_MODEL)
    older = {key.replace("transformer.text_model.", "transformer."): value for key, value in today.items()}
    assert older.keys() != today.keys()
    new, old = (load_state_dict(weights, some_tokens, torch.float32).text_encoder for weights in (today, older))
    assert all(torch.equal(value, new.state_dict()[key]) for key, value in old.state_dict().items())
