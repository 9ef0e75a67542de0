"""The command line on a single file of SD 1.5's exact shape, with the tokenizer of a ComfyUI checkout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from safetensors import safe_open

from devtools.comfyui import Checkout
from devtools.standins import Standins

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_lora_from_a_single_file(checkout: Checkout, standins: Standins, tmp_path: Path) -> None:
    style = tmp_path / "стиль 1"
    style.mkdir()
    for index, colour in enumerate(("navy", "orange", "white")):
        image = Image.effect_noise((64, 64), 40 + 40 * index).convert("RGB")
        image.paste(colour, (0, 0, 20 + 10 * index, 64))
        image.save(style / f"{index}.png")
        (style / f"{index}.txt").write_text("a theatre", encoding="utf-8")
    command = [
        *(sys.executable, "-m", "lora_core", "train", "--data", style, "--runs", tmp_path / "runs"),
        *("--model", standins.checkpoint, "--tokenizer", checkout.folder, "--device", "cpu", "--precision", "bfloat16"),
        *("--resolution", "64", "--validation-count", "1", "--validation-timesteps-per-picture", "1"),
        *("--epochs", "1", "--batch-size", "2", "--rank", "1", "--layers", "attention", "--preview-every-epochs", "0"),
    ]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=600)
    assert ran.returncode == 0, ran.stderr[-4000:]
    run = tmp_path / "runs" / "стиль 1"
    with safe_open(run / "checkpoints" / "epoch_0001.safetensors", framework="np") as lora:
        keys = list(lora.keys())
        down = lora.get_slice("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight")
        metadata = lora.metadata()
    assert len(keys) == 3 * (128 + 48)  # attention of the UNet and of the text encoder
    assert down.get_shape() == [1, 768]
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert metadata["lora_atelier.base_model"] == told["fingerprints"]["base_model"]
    assert told["origin"]["model"] == str(standins.checkpoint.resolve())
