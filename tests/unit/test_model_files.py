"""Base models from the disk without ComfyUI: what is taken, and what another model is called when it is refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor
from transformers import CLIPTokenizer

from lora_core.base_model import check_family
from lora_core.errors import BaseModelError
from lora_core.model_files import find_tokenizer, load_base_model

ROOT = Path(__file__).parents[2]

UNET, VAE = "model.diffusion_model.", "first_stage_model."
TEXT = "cond_stage_model.transformer.text_model."
ATTENTION = f"{UNET}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def checkpoint(channels: int = 4, features: int = 768, **more: Tensor) -> dict[str, Tensor]:
    """The weights of a single-file SD 1.5 that tell its kind."""
    return {
        f"{UNET}input_blocks.0.0.weight": torch.zeros(320, channels, 3, 3),
        ATTENTION: torch.zeros(320, features),
        f"{VAE}encoder.conv_in.weight": torch.zeros(1),
        f"{TEXT}final_layer_norm.weight": torch.zeros(1),
        **more,
    }


def test_sd15_is_taken() -> None:
    check_family(checkpoint())


def without(prefix: str) -> dict[str, Tensor]:
    return {key: value for key, value in checkpoint().items() if not key.startswith(prefix)}


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        (checkpoint(**{f"{UNET}label_emb.0.0.weight": torch.zeros(1)}), "Stable Diffusion XL"),
        (checkpoint(features=1024), "Stable Diffusion 2"),
        (checkpoint(channels=9), "9 input channels"),
        (without(ATTENTION), "no attention at the first level"),
        ({"double_blocks.0.img_mod.lin.weight": torch.zeros(1)}, "not a Stable Diffusion UNet at all"),
        (without(VAE), "has no VAE"),
        (without(TEXT), "has no text encoder"),
    ],
)
def test_another_model_is_called_by_its_name(weights: dict[str, Tensor], told: str) -> None:
    with pytest.raises(BaseModelError, match=told):
        check_family(weights)


def test_a_single_file_is_judged_before_anything_is_built(tiny_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "sd2 модель.safetensors"
    save_file(checkpoint(features=1024), path)
    with pytest.raises(BaseModelError, match="Stable Diffusion 2"):
        load_base_model(path, str(tiny_folder), torch.float32)


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html><html>404</html>"])
def test_a_file_that_is_no_checkpoint_is_named(tiny_folder: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "download.safetensors"
    path.write_bytes(content)
    with pytest.raises(BaseModelError, match=r"Cannot read .*download\.safetensors"):
        load_base_model(path, str(tiny_folder), torch.float32)


@pytest.mark.parametrize("name", ["missing.safetensors", "old.ckpt"])
def test_what_is_not_there_or_not_safe_is_not_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "old.ckpt").write_bytes(b"a pickle may run anything")
    with pytest.raises(BaseModelError, match="No base model at"):
        load_base_model(tmp_path / name, None, torch.float32)


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(BaseModelError, match="is not a diffusers folder of SD"):
        load_base_model(tmp_path, None, torch.float32)


def test_a_diffusers_folder_of_another_family_is_refused(tiny_folder: Path, tmp_path: Path) -> None:
    """SDXL's UNet is told by the extra embedding of sizes and crops."""
    for part in tiny_folder.iterdir():
        (tmp_path / part.name).symlink_to(part, target_is_directory=True)
    (tmp_path / "unet").unlink()
    config = json.loads((tiny_folder / "unet" / "config.json").read_text(encoding="utf-8"))
    xl = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 56}
    settings = {key: value for key, value in config.items() if not key.startswith("_")}
    UNet2DConditionModel(**{**settings, **xl}).save_pretrained(tmp_path / "unet")
    with pytest.raises(BaseModelError, match=r"not of the Stable Diffusion 1\.5 family"):
        load_base_model(tmp_path, None, torch.float32)


def test_the_tokenizer_is_found_in_a_folder_of_its_own_and_in_a_model(tiny_folder: Path) -> None:
    captions = ["будинок", "a house " * 60]
    tokens = find_tokenizer(str(tiny_folder))(captions)
    assert tokens.shape == (2, 77) and tokens.dtype == torch.int64
    assert torch.equal(tokens, find_tokenizer(str(tiny_folder / "tokenizer"))(captions))
    assert int(tokens[1, 0]) == int(tokens[0, 0]) and int(tokens[1, -1]) == int(tokens[0, -1]), "start and end stay"


def test_a_tokenizer_in_one_file_is_one_too(tiny_folder: Path, tmp_path: Path) -> None:
    """As transformers 5 saves it."""
    CLIPTokenizer.from_pretrained(tiny_folder / "tokenizer").save_pretrained(tmp_path)
    (tmp_path / "vocab.json").unlink(missing_ok=True)
    expected = find_tokenizer(str(tiny_folder))(["будинок"])
    assert torch.equal(find_tokenizer(str(tmp_path))(["будинок"]), expected)


@pytest.mark.parametrize("name", ["vocab.json", "tokenizer.json"])
@pytest.mark.parametrize("content", ["", "{}", "[1]", "<!DOCTYPE html>"])
def test_a_damaged_tokenizer_is_named(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(BaseModelError, match=f"No CLIP tokenizer at {re.escape(str(tmp_path))}"):
        find_tokenizer(str(tmp_path))


OFFLINE = """
import sys
from lora_core.errors import BaseModelError
from lora_core.model_files import find_tokenizer
try:
    find_tokenizer(sys.argv[1] or None)
except BaseModelError as error:
    print(error)
"""


@pytest.mark.parametrize("where", ["", "a folder", "nobody/nothing"])
def test_without_a_tokenizer_the_three_places_are_named(tmp_path: Path, where: str) -> None:
    """In a process of its own, which is told at its start that there is no network and has an empty cache."""
    (tmp_path / "a folder").mkdir()
    given = str(tmp_path / where) if where == "a folder" else where
    environment = dict(os.environ, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "cache"))
    command = [sys.executable, "-c", OFFLINE, given]
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    for part in (given or "Hugging Face", "--tokenizer", "diffusers folder", "comfy/sd1_tokenizer"):
        assert part in told
