"""Base models from the disk without ComfyUI: what is taken, and what another model is called when it is refused."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import CLIPTokenizerFast

from lora_core.errors import BaseModelError
from lora_core.model.base import BaseModel
from lora_core.model.disk import find_tokenizer, load_base_model
from lora_core.model.identity import ModelIdentity
from lora_core.model.single_file import check_family

ROOT = Path(__file__).parents[2]

UNET, VAE = "model.diffusion_model.", "first_stage_model."
TEXT = "cond_stage_model.transformer.text_model."
ATTENTION = f"{UNET}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"


def checkpoint(channels: int = 4, features: int = 768, **more: Tensor) -> dict[str, Tensor]:
    """The weights of a single-file SD 1.5 that show what it is."""
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
    """SDXL's UNet is recognised by the extra embedding of sizes and crops."""
    for part in tiny_folder.iterdir():
        (tmp_path / part.name).symlink_to(part, target_is_directory=True)
    (tmp_path / "unet").unlink()
    config = json.loads((tiny_folder / "unet" / "config.json").read_text(encoding="utf-8"))
    xl = {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 56}
    settings = {key: value for key, value in config.items() if not key.startswith("_")}
    UNet2DConditionModel(**{**settings, **xl}).save_pretrained(tmp_path / "unet")
    with pytest.raises(BaseModelError, match=r"not of the Stable Diffusion 1\.5 family"):
        load_base_model(tmp_path, None, torch.float32)


@pytest.fixture
def changed(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy of the tiny model's folder to be changed."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "змінена модель"))


def identity_of(folder: Path) -> ModelIdentity:
    return load_base_model(folder, None, torch.float32).identity


def test_a_folder_with_fp16_files_alone_is_read(changed: Path, pristine_model: BaseModel) -> None:
    for file in sorted(changed.rglob("*.safetensors")):
        save_file(load_file(file), file.with_suffix(".fp16.safetensors"))
        file.unlink()
    assert identity_of(changed) == pristine_model.identity


def test_the_plain_files_are_preferred_to_their_variants(changed: Path, pristine_model: BaseModel) -> None:
    for variant in ("fp16", "non_ema"):
        (changed / "unet" / f"diffusion_pytorch_model.{variant}.safetensors").write_bytes(b"not to be opened")
    assert identity_of(changed) == pristine_model.identity


def test_a_folder_in_several_files_is_read(changed: Path, pristine_model: BaseModel) -> None:
    file = changed / "unet" / "diffusion_pytorch_model.safetensors"
    weights = load_file(file)
    file.unlink()
    for number in (0, 1):
        half = {name: weights[name] for name in sorted(weights)[number::2]}
        save_file(half, file.with_stem(f"{file.stem}-0000{number + 1}-of-00002"))
    assert identity_of(changed) == pristine_model.identity


@pytest.mark.parametrize("convolutions", [False, True])
def test_the_attention_of_an_old_autoencoder_is_read(
    changed: Path, pristine_model: BaseModel, convolutions: bool
) -> None:
    file = changed / "vae" / "diffusion_pytorch_model.safetensors"
    old_names = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    weights = {}
    for name, weight in load_file(file).items():
        for new, old in old_names.items():
            name = name.replace(f".attentions.0.{new}.", f".attentions.0.{old}.")
        is_matrix = ".attentions." in name and weight.dim() == 2
        weights[name] = weight[:, :, None, None].contiguous() if convolutions and is_matrix else weight
    assert sum(".proj_attn." in name for name in weights) == 4
    save_file(weights, file)
    assert identity_of(changed) == pristine_model.identity


@pytest.mark.parametrize("part", ["unet", "vae"])
@pytest.mark.parametrize("how", ["missing", "misshapen", "half a file", "pickled", "no config", "no sizes"])
def test_a_damaged_folder_is_named(changed: Path, part: str, how: str) -> None:
    file = changed / part / "diffusion_pytorch_model.safetensors"
    config = changed / part / "config.json"
    weights = load_file(file)
    name = {"unet": "mid_block.resnets.0.conv1.weight", "vae": "quant_conv.weight"}[part]
    told = ""
    if how == "missing":
        del weights[name]
        save_file(weights, file)
        told = rf"{part} is incomplete: it lacks {name}\. Download it again"
    elif how == "misshapen":
        save_file({**weights, name: weights[name][:2].contiguous()}, file)
        told = rf"{part} is damaged or of another layout: {name} has the shape \(2, .*was expected"
    elif how == "half a file":
        file.write_bytes(file.read_bytes()[:1000])
        told = rf"Cannot read .*{part}.diffusion_pytorch_model\.safetensors: .*Download the file again"
    elif how == "pickled":
        file.rename(file.with_suffix(".bin"))
        told = rf"there is no {part}/diffusion_pytorch_model\.safetensors.*\.bin.* are not opened"
    elif how == "no config":
        config.unlink()
        told = r"is not a diffusers folder of SD 1\.5: .*config\.json cannot be used"
    else:
        config.write_text("{}", encoding="utf-8")
        told = r"is not a diffusers folder of SD 1\.5: .*config\.json cannot be used \(KeyError"
    with pytest.raises(BaseModelError, match=told):
        load_base_model(changed, None, torch.float32)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("cross_attention_dim", 1024), ("in_channels", 9), ("use_linear_projection", True), ("act_fn", "gelu")],
)
def test_a_folder_of_another_network_is_refused(changed: Path, setting: str, value: object) -> None:
    path = changed / "unet" / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, setting: value}), encoding="utf-8")
    with pytest.raises(BaseModelError, match=rf"not of the Stable Diffusion 1\.5 family: its {setting} is {value!r}"):
        load_base_model(changed, None, torch.float32)


def test_the_tokenizer_is_found_in_a_folder_of_its_own_and_in_a_model(tiny_folder: Path) -> None:
    captions = ["будинок", "a house " * 60]
    tokens = find_tokenizer(str(tiny_folder))(captions)
    assert tokens.shape == (2, 77) and tokens.dtype == torch.int64
    assert torch.equal(tokens, find_tokenizer(str(tiny_folder / "tokenizer"))(captions))
    assert int(tokens[1, 0]) == int(tokens[0, 0]) and int(tokens[1, -1]) == int(tokens[0, -1]), "start and end stay"


def test_a_tokenizer_in_one_file_is_one_too(tiny_folder: Path, tmp_path: Path) -> None:
    """As transformers 5 saves it."""
    CLIPTokenizerFast.from_pretrained(tiny_folder / "tokenizer").save_pretrained(tmp_path)
    for name in ("vocab.json", "merges.txt"):
        (tmp_path / name).unlink(missing_ok=True)
    assert (tmp_path / "tokenizer.json").is_file()
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
from lora_core.model.disk import find_tokenizer
for where in sys.argv[1:]:
    try:
        find_tokenizer(where or None)
    except BaseModelError as error:
        print(error, end="\\0")
"""


def test_without_a_tokenizer_the_three_places_are_named(tmp_path: Path) -> None:
    """In a process of its own, which is started offline and with an empty cache."""
    (tmp_path / "a folder").mkdir()
    places = ["", str(tmp_path / "a folder"), "nobody/nothing"]
    environment = dict(os.environ, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "cache"))
    command = [sys.executable, "-c", OFFLINE, *places]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    *told, _ = ran.stdout.split("\0")
    for given, text in zip(places, told, strict=True):
        for part in (given or "Hugging Face", "--tokenizer", "diffusers folder", "comfy/sd1_tokenizer"):
            assert part in text


@pytest.mark.parametrize("how", ["missing", "half a file", "pickled"])
def test_a_damaged_text_encoder_is_named(changed: Path, how: str) -> None:
    """transformers fills what is missing with random numbers, and opens pickles."""
    file = changed / "text_encoder" / "model.safetensors"
    weights = load_file(file)
    if how == "missing":
        save_file(
            {key: value for key, value in weights.items() if "final_layer_norm.weight" not in key},
            file,
            {"format": "pt"},
        )
    elif how == "half a file":
        file.write_bytes(file.read_bytes()[:1000])
    else:
        file.unlink()
        torch.save(weights, file.with_name("pytorch_model.bin"))
    with pytest.raises(BaseModelError, match="text encoder"):
        load_base_model(changed, None, torch.float32)


def with_scheduler(tiny_folder: Path, target: Path, **settings: object) -> Path:
    """The tiny model whose scheduler says something else."""
    shutil.copytree(tiny_folder, target)
    path = target / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **settings}), encoding="utf-8")
    return target


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"prediction_type": "v_prediction"}, "prediction_type 'v_prediction'"),
        ({"prediction_type": "sample"}, "prediction_type 'sample'"),
        ({"rescale_betas_zero_snr": True}, "rescale_betas_zero_snr True"),
        ({"beta_schedule": "squaredcos_cap_v2"}, "beta_schedule 'squaredcos_cap_v2'"),
        ({"trained_betas": [0.1, 0.2]}, "trained_betas"),
        ({"_class_name": "FlowMatchEulerDiscreteScheduler"}, "FlowMatchEulerDiscreteScheduler"),
        ({"_class_name": "LCMScheduler"}, "LCMScheduler"),
    ],
    ids=lambda value: "" if isinstance(value, str) else next(iter(value)) + str(next(iter(value.values()))),
)
def test_a_folder_that_predicts_something_else_is_refused(
    tiny_folder: Path, tmp_path: Path, settings: dict[str, object], told: str
) -> None:
    with pytest.raises(BaseModelError, match=re.escape(told)):
        load_base_model(with_scheduler(tiny_folder, tmp_path / "model", **settings), None, torch.float32)


def test_a_scheduler_that_nobody_set_up_says_nothing(tiny_folder: Path, tmp_path: Path) -> None:
    """diffusers writes a linear schedule then."""
    settings = {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02}
    load_base_model(with_scheduler(tiny_folder, tmp_path / "model", **settings), None, torch.float32)
    shutil.rmtree(tmp_path / "model" / "scheduler")
    load_base_model(tmp_path / "model", None, torch.float32)


@pytest.mark.parametrize(
    ("more", "metadata", "yaml", "told"),
    [
        ({"v_pred": torch.zeros(0)}, {}, "", "v_prediction"),
        ({"ztsnr": torch.zeros(0)}, {}, "", "signal of zero"),
        ({}, {"modelspec.prediction_type": "v"}, "", "prediction_type 'v'"),
        ({}, {}, 'model:\n  params:\n    parameterization: "v"\n', "parameterization 'v'"),
    ],
    ids=["key v_pred", "key ztsnr", "metadata", "yaml beside it"],
)
def test_a_single_file_that_predicts_something_else_is_refused(
    tiny_folder: Path, tmp_path: Path, more: dict[str, Tensor], metadata: dict[str, str], yaml: str, told: str
) -> None:
    path = tmp_path / "модель.safetensors"
    save_file(checkpoint(**more), path, metadata)
    if yaml:
        path.with_suffix(".yaml").write_text(yaml, encoding="utf-8")
    with pytest.raises(BaseModelError, match=told):
        load_base_model(path, str(tiny_folder), torch.float32)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({f"{VAE}decoder.conv_in.weight": torch.zeros(8, 16, 3, 3)}, "its latents have 16 channels"),
        ({f"{VAE}taesd_decoder.1.weight": torch.zeros(8, 16, 3, 3)}, "its latents have 16 channels"),
        ({f"{TEXT}embeddings.token_embedding.weight": torch.zeros(8, 1280)}, "1280 features, but .* with 768"),
    ],
)
def test_a_part_of_another_family_is_named(more: dict[str, Tensor], told: str) -> None:
    with pytest.raises(BaseModelError, match=told):
        check_family(checkpoint(**more))
