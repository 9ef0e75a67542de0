"""Which model it is: the same in every container and number format, another one if a single value is another."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from lora_core.model.base import BaseModel
from lora_core.model.disk import load_base_model
from lora_core.model.identity import ModelIdentity, NetworkIdentity
from lora_core.model.keys import unet_key, vae_key
from lora_core.model.single_file import TEXT_PREFIX, UNET_PREFIX, VAE_PREFIX, load_state_dict
from pocket.model import POCKET_MODEL

Weights = dict[str, Tensor]


def some_tokens(texts: list[str]) -> Tensor:
    return torch.zeros(len(texts), 77, dtype=torch.int64)


def identity(weights: Weights, dtype: torch.dtype = torch.float32) -> ModelIdentity:
    return load_state_dict(weights, some_tokens, dtype).identity


def rounded(weights: Weights, *formats: torch.dtype) -> Weights:
    for dtype in formats:
        weights = {key: value.to(dtype) if value.is_floating_point() else value for key, value in weights.items()}
    return weights


@pytest.fixture(scope="module")
def half() -> Weights:
    """The pocket model's file, in float16."""
    weights = load_file(POCKET_MODEL)
    assert weights[f"{UNET_PREFIX}out.2.weight"].dtype == torch.float16
    return weights


@pytest.fixture(scope="module")
def original(half: Weights) -> ModelIdentity:
    return identity(half)


@pytest.fixture(scope="module")
def full(half: Weights) -> Weights:
    """A model that only float32 holds."""
    torch.manual_seed(5)
    return {key: value.float() * (1 + 1e-3 * torch.rand(value.shape)) for key, value in half.items()}


def test_values_count_and_not_their_container(half: Weights, original: ModelIdentity) -> None:
    wide = rounded(half, torch.float32)
    assert original == identity(wide) == identity(half, torch.bfloat16)
    mixed = {key: wide[key] if key.startswith(TEXT_PREFIX) else value for key, value in half.items()}
    assert identity(mixed) == original, "as with --fp32-text-enc"


def test_a_folder_and_a_file_of_one_model_are_the_same(
    tiny_folder: Path, pristine_model: BaseModel, tmp_path: Path
) -> None:
    """The file is in float16, of values that the folder holds in float32."""
    for name in ("unet", "vae", "text_encoder"):
        (tmp_path / "folder" / name).mkdir(parents=True)
        (tmp_path / "folder" / name / "config.json").write_bytes((tiny_folder / name / "config.json").read_bytes())
        (file,) = (tiny_folder / name).glob("*.safetensors")
        values = rounded(load_file(file), torch.float16, torch.float32)
        save_file(values, tmp_path / "folder" / name / file.name, {"format": "pt"})
    folder = load_base_model(tmp_path / "folder", str(tiny_folder / "tokenizer"), torch.float32)
    weights = {UNET_PREFIX + unet_key(key, 1, (True, False)): value for key, value in folder.unet.state_dict().items()}
    weights |= {VAE_PREFIX + vae_key(key, 4): value for key, value in folder.vae.state_dict().items()}
    texts = folder.text_encoder.state_dict()
    weights |= {TEXT_PREFIX + key.removeprefix("text_model."): value for key, value in texts.items()}
    save_file({key: value.half() for key, value in weights.items()}, tmp_path / "file.safetensors")
    file_model = load_base_model(tmp_path / "file.safetensors", str(tiny_folder / "tokenizer"), torch.float32)
    assert file_model.identity == folder.identity
    assert file_model.identity.differences(pristine_model.identity) == [], "which is its original in float32"


@pytest.mark.parametrize(
    "formats",
    [(torch.float16,), (torch.bfloat16,), (torch.float16, torch.bfloat16)],
    ids=["float16", "bfloat16", "float16, then bfloat16"],
)
def test_a_model_that_was_rounded_is_the_same_but_not_exactly(full: Weights, formats: tuple[torch.dtype, ...]) -> None:
    exact, coarser = identity(full), identity(rounded(full, *formats))
    assert exact.digest != coarser.digest
    assert exact.differences(coarser) == coarser.differences(exact) == []


def test_a_float16_file_in_bfloat16_is_the_same(half: Weights, original: ModelIdentity) -> None:
    """As with --bf16-unet."""
    assert original.differences(identity(rounded(half, torch.bfloat16))) == []


@pytest.mark.parametrize(
    ("key", "network"),
    [
        (f"{UNET_PREFIX}middle_block.0.in_layers.2.weight", "UNet"),
        (f"{TEXT_PREFIX}final_layer_norm.bias", "text encoder"),
        (f"{VAE_PREFIX}taesd_encoder.0.weight", "VAE"),
    ],
)
def test_one_value_makes_another_model(half: Weights, original: ModelIdentity, key: str, network: str) -> None:
    changed = {**half, key: half[key].clone()}
    changed[key].view(-1)[-1] += 0.25
    found = identity(changed)
    assert original.differences(found) == [network]
    assert (original.digest == found.digest) is (network == "VAE")


def swapped(weights: Weights) -> Weights:
    """Two values of a bias that are not in the sample change places."""
    key = f"{UNET_PREFIX}out.0.bias"
    values = weights[key].clone()
    values[[1, 2]] = values[[2, 1]]
    assert not torch.equal(values, weights[key])
    return {**weights, key: values}


def nudged(weights: Weights) -> Weights:
    """A little more training."""
    torch.manual_seed(6)
    return {
        key: (value.float() * (1 + 0.02 * torch.randn(value.shape))).to(value.dtype) for key, value in weights.items()
    }


@pytest.mark.parametrize("change", [swapped, nudged])
def test_another_model_of_the_same_precision_is_another(
    half: Weights, original: ModelIdentity, change: Callable[[Weights], Weights]
) -> None:
    assert "UNet" in original.differences(identity(change(half)))


def test_another_model_in_another_number_format_is_another(full: Weights) -> None:
    exact = identity(full)
    for dtype in (torch.float16, torch.bfloat16):
        other = rounded(nudged(full), dtype)
        assert exact.differences(identity(other)) == ["UNet", "text encoder", "VAE"]


def test_long_weights_are_hashed_to_their_end() -> None:
    """In chunks of a million values, the last of which is not full."""
    weight = torch.arange(2_100_001, dtype=torch.float32)
    changed = weight.clone()
    changed[-1] += 1
    prints = {NetworkIdentity.of({"a": each}).digest for each in (weight, changed, weight[:-1], weight.view(-1, 1))}
    assert len(prints) == 4
    assert NetworkIdentity.of({"a": weight}, "scale 1") != NetworkIdentity.of({"a": weight})


def test_it_goes_through_json(original: ModelIdentity) -> None:
    text = json.dumps(asdict(original))
    assert ModelIdentity.from_json(json.loads(text)) == original
    assert len(text) < 20_000


@pytest.mark.parametrize("damage", [{}, {"unet": 3}, {"unet": {"digest": "0", "sample": "not base64!"}}, []])
def test_what_is_no_identity_is_refused(original: ModelIdentity, damage: object) -> None:
    odd = {**asdict(original), **damage} if damage else damage
    with pytest.raises((KeyError, TypeError, ValueError)):
        ModelIdentity.from_json(odd)


def test_whole_numbers_are_numbers_too(half: Weights) -> None:
    key = f"{UNET_PREFIX}out.0.bias"
    one, other = ({**half, key: torch.full_like(half[key], 2).to(dtype)} for dtype in (torch.int8, torch.float16))
    assert identity(one) == identity(other)


def test_networks_of_other_sizes_are_others(original: ModelIdentity) -> None:
    shorter = replace(original.unet, digest="0" * 32, sample=original.unet.sample[:16])
    assert not original.unet.is_same(shorter)
