"""LoRAs of other models are recognised by names and shapes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lora_core.model.lora_fit import Fit, family, fit, layer_of, made_for

UNET = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
TEXT = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
CONV = "lora_unet_down_blocks_0_resnets_0_conv1"
WEIGHTS = {UNET: (320, 768), TEXT: (768, 768), CONV: (320, 320, 3, 3)}


def layer(name: str, *shape: int, rank: int = 2) -> dict[str, Tensor]:
    out, *into = shape
    return {
        f"{name}.alpha": torch.tensor(1.0),
        f"{name}.lora_down.weight": torch.zeros(rank, *into),
        f"{name}.lora_up.weight": torch.zeros(out, rank, *(1,) * (len(into) - 1)),
    }


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (f"{UNET}.alpha", UNET),
        (f"{UNET}.lora_up.weight", UNET),
        (f"{UNET}.hada_w1_a", UNET),
        (f"{UNET}.lokr_w1", UNET),
        ("unet.up_blocks.0.attn1.to_q.lora_A.weight", "unet.up_blocks.0.attn1.to_q"),
        ("unet.up_blocks.0.attn1.to_q.lora.down.weight", "unet.up_blocks.0.attn1.to_q"),
        ("diffusion_model.input_blocks.0.0.diff_b", "diffusion_model.input_blocks.0.0"),
        ("diffusion_model.input_blocks.0.0.diff", "diffusion_model.input_blocks.0.0"),
        ("something else", "something else"),
    ],
)
def test_the_layer_of_a_key(key: str, expected: str) -> None:
    assert layer_of(key) == expected


def test_what_fits() -> None:
    whole = {**layer(UNET, 320, 768), **layer(TEXT, 768, 768), **layer(CONV, 320, 320, 3, 3)}
    assert fit(whole, WEIGHTS) == Fit(3, ())
    assert fit({**whole, **layer("lora_unet_elsewhere", 8, 8)}, WEIGHTS) == Fit(4, ("lora_unet_elsewhere",))
    pocket = {**layer(UNET, 64, 64), **layer(TEXT, 64, 64), **layer(CONV, 64, 64, 3, 3)}
    assert fit(pocket, WEIGHTS).fitting == 0
    assert fit(layer(UNET, 768, 320), WEIGHTS).fitting == 0  # as many numbers, in another order
    assert fit({f"{UNET}.hada_w1_a": torch.zeros(9, 9)}, WEIGHTS) == Fit(1, ())  # a kind whose shapes are ComfyUI's


@pytest.mark.parametrize(
    ("key", "shape"),
    [
        *(("alpha", shape) for shape in ((2,), (0,))),
        *(("lora_up.weight", shape) for shape in ((), (0, 2))),
        *(("lora_down.weight", shape) for shape in ((5,), (3, 768))),
    ],
)
def test_a_layer_whose_parts_make_no_sense_does_not_fit(key: str, shape: tuple[int, ...]) -> None:
    """The LoRA may come from anywhere, and ComfyUI would stop at some of them with an error of torch."""
    odd = {**layer(UNET, 320, 768), **layer(TEXT, 768, 768), f"{UNET}.{key}": torch.zeros(shape)}
    assert fit(odd, WEIGHTS) == Fit(2, (UNET,))
    assert made_for(odd) in ("Stable Diffusion 1.5", "another model")


def test_what_a_lora_was_made_for() -> None:
    assert made_for(layer(UNET, 320, 768)) == "Stable Diffusion 1.5"
    assert made_for(layer(UNET, 640, 2048)) == "Stable Diffusion XL"
    assert made_for(layer("lora_te1_text_model_encoder_layers_0_mlp_fc1", 8, 8)) == "Stable Diffusion XL"
    assert made_for(layer(TEXT, 64, 64)) == "the pocket model"
    assert made_for(layer("lora_unet_double_blocks_0_img_attn_proj", 8, 8)) == "Flux or a relative"
    assert made_for(layer(CONV, 320, 320, 3, 3)) == "another model"
    assert family(512) == "a model with 512 text features"
