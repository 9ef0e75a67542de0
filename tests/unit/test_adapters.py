"""The LoRA: which layers, which names, which scale, and the paper's file to the byte."""

from __future__ import annotations

import copy
from pathlib import Path

import peft
import pytest
import torch
from safetensors.torch import load_file

from lora_core.config import LoraConfig
from lora_core.errors import CheckpointError
from lora_core.model.base import BaseModel
from lora_core.model.layout import UnetLayout
from lora_core.model.lora import LoraAdapter, kohya_name, target_modules
from lora_core.model.unet import UNet
from lora_core.record.checkpoints import save_lora
from lora_core.rng import stream_seed


def sd15_on_meta() -> BaseModel:
    """Stable Diffusion 1.5's own UNet and text encoder, shapes without memory."""
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device("meta"):
        unet = UNet(UnetLayout((320, 640, 1280, 1280), 2, (True, True, True, False), 768, (8, 8, 8, 8)))
        text_encoder = CLIPTextModel(
            CLIPTextConfig(
                hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12, vocab_size=49408
            )
        )
    assert sum(parameter.numel() for parameter in unet.parameters()) == 859_520_964
    return BaseModel(unet, None, text_encoder, None, "")


def test_the_lora_is_the_papers(tmp_path: Path) -> None:
    """354 modules, 19,585,664 parameters and, without metadata, 78,489,568 bytes in float32 (docs/paper.md)."""
    adapter = LoraAdapter(sd15_on_meta(), LoraConfig(), seed=0)
    assert len(adapter.module_names) == 354
    assert sum(name.startswith("lora_unet_") for name in adapter.module_names) == 282
    assert sum(name.startswith("lora_te_text_model_") for name in adapter.module_names) == 72
    matrices = adapter.weights.matrices(adapter.weights.masters)
    assert sum(down.numel() + up.numel() for down, up in matrices) == 19_585_664
    state = {}
    for name, (down, up) in zip(adapter.module_names, matrices, strict=True):
        state[f"{name}.alpha"] = torch.tensor(1.0)
        state[f"{name}.lora_down.weight"] = torch.zeros(down.shape)
        state[f"{name}.lora_up.weight"] = torch.zeros(up.shape)
    save_lora(tmp_path / "paper.safetensors", state, {})
    assert (tmp_path / "paper.safetensors").stat().st_size == 78_489_568


@pytest.mark.parametrize(
    ("layers", "unet", "text"),
    # 16 transformer blocks with two attentions of 4 projections, 2 feed-forward layers; 12 text layers of 4 and 2.
    [("all", 282, 72), ("attention", 128, 48), ("attention+mlp", 160, 72)],
)
def test_selectable_layers(layers: str, unet: int, text: int) -> None:
    base = sd15_on_meta()
    assert len(target_modules(base.unet, "lora_unet_", layers)) == unet
    assert len(target_modules(base.text_encoder, "lora_te_", layers)) == text


def test_unet_only(base_model: BaseModel) -> None:
    adapter = LoraAdapter(base_model, LoraConfig(train_text_encoder=False), seed=0)
    assert all(name.startswith("lora_unet_") for name in adapter.module_names)


def test_a_new_lora_changes_nothing_and_is_seeded(pristine_model: BaseModel, base_model: BaseModel) -> None:
    inputs = torch.randn(1, 4, 8, 8), torch.tensor([10]), torch.randn(1, 77, 32)
    with torch.no_grad():
        before = pristine_model.unet(*inputs)
        state = LoraAdapter(base_model, LoraConfig(rank=4), seed=3).state_dict()
        assert torch.equal(base_model.unet(*inputs), before)
    downs = [value for key, value in state.items() if key.endswith("lora_down.weight")]
    assert all(value.abs().max() > 0 for value in downs)
    assert all(value.abs().max() == 0 for key, value in state.items() if key.endswith("lora_up.weight"))


def test_the_scale_is_alpha_over_rank(base_model: BaseModel) -> None:
    """Against the written formula h = W x + (alpha / r) B A x on one Linear layer."""
    adapter = LoraAdapter(base_model, LoraConfig(rank=4, alpha=2.0), seed=0)
    layer = base_model.unet.time_embedding.linear_1
    state = adapter.state_dict()
    name = "lora_unet_time_embedding_linear_1"
    state[f"{name}.lora_up.weight"] = torch.randn_like(state[f"{name}.lora_up.weight"])
    adapter.load_state_dict(state)
    x = torch.randn(3, layer.base.in_features)
    w, b = layer.base.weight, layer.base.bias
    down, up = state[f"{name}.lora_down.weight"], state[f"{name}.lora_up.weight"]
    with torch.no_grad():
        torch.testing.assert_close(layer(x), x @ w.T + b + (2.0 / 4) * (x @ down.T @ up.T), rtol=1e-5, atol=1e-5)


def test_state_round_trip_and_kohya_shapes(base_model: BaseModel, tmp_path: Path) -> None:
    adapter = LoraAdapter(base_model, LoraConfig(rank=4, alpha=1.0), seed=0)
    state = adapter.state_dict()
    assert state["lora_unet_conv_in.lora_down.weight"].shape == (4, 4, 3, 3)
    assert state["lora_unet_conv_in.lora_up.weight"].shape == (32, 4, 1, 1)
    assert state["lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight"].shape == (4, 32)
    assert state["lora_unet_conv_in.alpha"].item() == 1.0
    changed = {key: value + 1 if key.endswith("weight") else value for key, value in state.items()}
    adapter.load_state_dict(changed)
    assert all(torch.equal(value, changed[key]) for key, value in adapter.state_dict().items())
    save_lora(tmp_path / "x.safetensors", state, {"ss_network_dim": "4"}, "float16")
    assert {value.dtype for value in load_file(tmp_path / "x.safetensors").values()} == {torch.float16}


def test_the_lora_is_trained_in_float32_on_a_bfloat16_base(base_model: BaseModel) -> None:
    base_model.unet.to(torch.bfloat16)
    adapter = LoraAdapter(base_model, LoraConfig(rank=2, train_text_encoder=False), seed=0)
    assert adapter.weights.masters.dtype is torch.float32
    assert not any(parameter.requires_grad for parameter in base_model.unet.parameters())
    assert base_model.unet.conv_in.down.dtype is torch.bfloat16
    adapter.weights.set(adapter.weights.masters.detach() + 1)
    first = adapter.state_dict()["lora_unet_conv_in.lora_down.weight"]
    assert torch.equal(base_model.unet.conv_in.down, first.bfloat16()), "the layers work with a copy of the masters"


def test_the_state_of_another_lora_is_refused(base_model: BaseModel) -> None:
    adapter = LoraAdapter(base_model, LoraConfig(rank=4), seed=0)
    with pytest.raises(CheckpointError, match="made with other layers"):
        adapter.load_state_dict({"lora_unet_x.lora_down.weight": torch.zeros(1)})


@pytest.mark.parametrize("rank", [1, 3, 8])
def test_the_state_of_another_rank_is_refused_before_anything_is_copied(
    base_model: BaseModel, pristine_model: BaseModel, rank: int
) -> None:
    """Of rank 1 too, whose matrices could be repeated to any rank."""
    other = LoraAdapter(copy.deepcopy(pristine_model), LoraConfig(rank=rank), seed=1).state_dict()
    adapter = LoraAdapter(base_model, LoraConfig(rank=4), seed=0)
    before = adapter.state_dict()
    with pytest.raises(CheckpointError, match=rf"another rank.*shape \({rank}, .*rank 4\. Use the settings"):
        adapter.load_state_dict(other)
    assert all(torch.equal(value, before[key]) for key, value in adapter.state_dict().items())


@pytest.mark.parametrize("layers", ["all", "attention", "attention+mlp"])
def test_names_order_and_first_weights_are_those_of_peft(
    base_model: BaseModel, pristine_model: BaseModel, layers: str
) -> None:
    """Old runs resume with the same optimiser state, and a seed gives the same LoRA as ever."""
    ours = LoraAdapter(base_model, LoraConfig(rank=4, layers=layers), seed=3)
    theirs = []
    torch.manual_seed(stream_seed(3, "lora_init"))
    for prefix, root in (("lora_unet_", pristine_model.unet), ("lora_te_", pristine_model.text_encoder)):
        root = copy.deepcopy(root)
        config = peft.LoraConfig(r=4, target_modules=target_modules(root, prefix, layers))
        peft.inject_adapter_in_model(config, root, adapter_name="x")
        for name, module in root.named_modules():
            if "x" in getattr(module, "lora_A", {}):
                theirs.append((kohya_name(prefix, name), module.lora_A["x"].weight, module.lora_B["x"].weight))
    assert ours.module_names == [name for name, _, _ in theirs]
    pairs = zip(ours.weights.matrices(ours.weights.masters), theirs, strict=True)
    assert all(torch.equal(down, a) and torch.equal(up, b) for (down, up), (_, a, b) in pairs)
